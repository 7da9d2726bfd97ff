"""Which addresses lead to files."""

import re
from urllib.parse import urlsplit

# …/201510/20151001.pdf · …/名单.DOCX?x=1
_EXTENSION = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|zip|rar|7z|wps|et|ofd|csv|txt|rtf)$", re.IGNORECASE)
# /api-gateway/jpaas-web-server/front/document/download?fileUrl=…&fileName=….pdf
_DOWNLOAD = re.compile(r"/document/download$|/upload/uploadfile/", re.IGNORECASE)


def is_file(url: str) -> bool:
    """Whether an address leads to a file, with or without an extension in its path.

    >>> is_file("https://www.mofcom.gov.cn/front/document/download?fileUrl=a&fileName=b.pdf"), is_file("http://[abc.pdf")
    (True, False)
    """
    try:
        path = urlsplit(url).path
    except ValueError:
        return False
    return bool(_EXTENSION.search(path) or _DOWNLOAD.search(path))

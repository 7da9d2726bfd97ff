"""What stands on the pages of `random_dom` beside a release, and what its text may hold."""

MENU = ("Home", "About us", "News", "Members", "Exhibitions", "Services", "Contact us", "Download", "Policies",
        "首页", "关于我们", "新闻中心", "会员服务", "联系我们", "Investment", "Photo gallery", "Video")
NEIGHBOURS = (
    "Delegation visits machinery park", "Annual meeting of the branch held", "Notice on the spring fair",
    "Port throughput grows in the first quarter", "商会组团参加春季展", "Training course for exporters opens",
    "New members join the working group", "Report on overseas warehouses published")
FOOTERS = (
    "Copyright © 2014-2020 All Rights Reserved.", "版权所有 机电商会 京ICP备05004093号",
    "Copyright 2019 Example Chamber",
    "Technical support: Example Net Co.", "Powered by SiteEngine 3.2", "主办单位：某某商会 技术支持：某某网络",
    "© 2021 Trade Resources. All rights reserved. Terms of use")
HEADINGS = ("Related news", "Hot News", "Latest news", "相关新闻", "热点新闻", "Recommended articles")
NAMES = ("content", "main", "wrap", "box1", "txt", "zw", "c12", "left", "right", "col-9", "article", "detail", "x7f",
         "TRS_Editor", "news_show", "con", "bd", "page", "inner")
SHARES = (
    'Share to: <a href="#">Weibo</a> <a href="#">WeChat</a> <a href="#">Facebook</a>', "分享到：<a href=#>微博</a>",
    "<a href=#>Print</a> <a href=#>Close</a> <a href=#>Back to Top</a>", "【打印】【关闭】")
DEADLINES = (
    "Applications are accepted until 2011-11-30.", "Please register before December 1, 2012, at the latest.",
    "报名截止日期为2013年3月15日，逾期不再受理。", "The fair was held for the first time on 2009-05-18.")
CONTACTS = (
    ("Contact: Ms. Li", "Tel: 010-58280863"), ("联系人：李伟", "电话：010-58280863"),
    ("联系人：王芳 电话：010-65197000",), ("Contact: Zhang Wei, Tel: 86-10-58280910, E-mail: zhang@example.org",))
SIGNATURES = (
    ("商务部办公厅", "2010年5月6日"), ("Working Group for the Visit", "October 9, 2013"), ("机电商会",))
LISTS = (
    ("Pumps", "Valves", "Cranes and hoists"), ("Opening at nine o'clock", "Visit to the port", "Signing of contracts"),
    ("一、展会时间", "二、展会地点", "三、参展费用"), ("Steel, 2014-03-01 to 2014-03-05", "Cement", "Glass", "Paper"))
TABLES = (
    (("Item", "2014", "2015"), ("Pumps", "1,204", "1,377"), ("Valves", "88.5", "91.0")),
    (("税号", "商品"), ("8501", "电动机"), ("8482.10", "滚珠轴承")),
    (("Time", "Place"), ("9:30", "Hall 4"), ("14:00", "Hall 5")))
ANNEXES = ("附件：1. 报名表.doc", "Attachment: Registration form.pdf", "附件2 产品清单.xlsx")

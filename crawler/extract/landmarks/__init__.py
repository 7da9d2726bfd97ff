"""Read pages whose markup is unknown by what a person sees: breadcrumb, title, labels, where the text ends."""

from crawler.extract.landmarks.sections import BESIDE_TITLE, Landmarks

__all__ = ["BESIDE_TITLE", "Landmarks"]

"""Blueprints, one for each kind of page."""

from webapp.views import api, archived, article, feeds, search, status, vocabulary

BLUEPRINTS = (search.views, article.views, archived.views, feeds.views, api.views, status.views,
              vocabulary.views)

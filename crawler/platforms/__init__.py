"""Layouts and APIs of content management systems, shared by the sources whose sites run on them."""

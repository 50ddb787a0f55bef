"""The explorer: a page for those who would rather look. Its files are served as they are; nothing is built.

`vendor/cytoscape.mjs` is `dist/cytoscape.esm.min.mjs` of Cytoscape.js 3.35.0 from npm, under the licence beside it.
"""

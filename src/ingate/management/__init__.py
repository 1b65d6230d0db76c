"""The control plane's HTTP API in Azure Resource Manager's shapes: one file for each resource type.

Each type's file parses its bodies, decides with `domain`, keeps through the stores and renders; `app.py` joins
their routes. Every refusal is a value in `refusals.py` and becomes a response in one place, `render_refusal.py`.
"""

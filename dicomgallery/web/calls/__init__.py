"""Show me the call: what a page shows, as a program asks for it by REST, by DICOMweb, and with the Python client.

Each page names its own: `render_template(..., calls=searches.of(query))`. A page with nothing to call names none.
"""

"""One OpenAPI document for everything that is served."""

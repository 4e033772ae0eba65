"""The application layer's APDUs: one module per service, none of which knows another."""

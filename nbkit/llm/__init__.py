"""Where replies come from: packaged recordings, and the wire formats of models."""

"""The simulator, asked over real HTTP; every answer is held against its `openapi.yaml`."""

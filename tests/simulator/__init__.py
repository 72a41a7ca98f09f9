"""The simulator, asked over real HTTP; every JSON answer is held against its `openapi.yaml`."""

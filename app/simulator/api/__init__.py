"""The V3 API: `gate` decides who may call, then one file per resource."""

"""The headers of the gateway in front of the API (contract 6).

There are no rate headers and no Retry-After.
"""

import uuid

ALWAYS = {
    "x-eig-tracking-id": "",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Content-Type,X-Amz-Date,Authorization,X-Api-Key",
    "Access-Control-Allow-Methods": "GET,POST,PUT,DELETE,PATCH,OPTIONS",
    "Via": "1.1 simulator.cloudfront.net (CloudFront)",
    "X-Amz-Cf-Pop": "SIM50-C1",
}


def gateway_headers(status: int) -> dict[str, str]:
    """For one answer of the API; request ids are new each time."""
    request_id = str(uuid.uuid4())
    headers = {
        "x-amzn-RequestId": request_id,
        "x-amz-apigw-id": request_id[:14].replace("-", "") + "=",
        "X-Cache": "Miss from cloudfront" if status < 400 else "Error from cloudfront",
        "X-Amz-Cf-Id": request_id.replace("-", ""),
        **ALWAYS,
    }
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer realm=api.cc.email"
        headers["x-amzn-ErrorType"] = "UnauthorizedException"
    return headers

"""What is said of each refusal: the nearest cause, whatever was being asked for."""

import pytest
from botocore import exceptions as aws

from hubspot_assets.warehouse.base import WarehouseUnreachable
from hubspot_assets.warehouse.lake.bucket import Place
from hubspot_assets.warehouse.lake.errors import explained

PLACE = Place("lake", "hubspot", "eu-central-1", role="arn:aws:iam::1:role/hubspot")


def refused(code: str, operation: str = "AssumeRole") -> aws.ClientError:
    return aws.ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refused("AccessDenied"), "may not be assumed"),
        (refused("SignatureDoesNotMatch"), "AWS keys are wrong"),
        (refused("ExpiredToken"), "renew AWS_SESSION_TOKEN"),
        (refused("AccessDenied", "PutObject"), "may not s3:PutObject"),
    ],
)
def test_wrong_keys_are_not_taken_for_a_role_that_may_not_be_assumed(error: aws.ClientError, said: str) -> None:
    assert said in str(explained(error, PLACE))


@pytest.mark.parametrize(
    "error",
    [
        refused("Throttling"),
        refused("SlowDown", "GetObject"),
        aws.EndpointConnectionError(endpoint_url="https://s3"),
        aws.ConnectTimeoutError(endpoint_url="https://s3"),
        aws.ReadTimeoutError(endpoint_url="https://s3"),
        aws.IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
)
def test_a_store_out_of_reach_is_told_from_one_that_refuses(error: Exception) -> None:
    assert isinstance(explained(error, PLACE), WarehouseUnreachable)

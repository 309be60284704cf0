"""S3 for tests: moto on 127.0.0.1, which checks signatures and policies, with a user who may only assume a role."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import requests

from hubspot_assets.demo.local_s3 import s3_server
from hubspot_assets.warehouse.lake.bucket import Bucket, Place, assumed
from hubspot_assets.warehouse.lake.warehouse import LakeWarehouse

REGION = "eu-central-1"
BUCKET = "lake"
EXTERNAL_ID = "hubspot-42"


class Store:
    """A running S3 with a bucket, a role that may write below `hubspot/`, and a user who may assume it."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self.keys: dict[str, str] = {}
        self.role = ""
        self._roles: dict[tuple[str, str | None], boto3.Session] = {}

    @classmethod
    @contextmanager
    def start(cls) -> Iterator["Store"]:
        with s3_server() as endpoint:
            store = cls(int(endpoint.rpartition(":")[2]))
            store._prepare()
            yield store

    def session(self, **others: Any) -> boto3.Session:
        """The session of the user."""
        return boto3.Session(**{"region_name": REGION, **self.keys, **others})

    def bucket(
        self, prefix: str | None = None, *, external_id: str = EXTERNAL_ID, patience: float = 60, **place: Any
    ) -> Bucket:
        """A new prefix, reached by the role."""
        prefix = prefix or f"hubspot/{uuid.uuid4().hex[:8]}"
        where = Place(
            **{
                "bucket": BUCKET,
                "prefix": prefix,
                "region": REGION,
                "endpoint": self.endpoint,
                "role": self.role,
                **place,
            }
        )
        # A session reads the descriptions of AWS's services, half a second that need not pass in each test.
        role = external_id, where.endpoint
        if role not in self._roles:
            self._roles[role] = assumed(self.session(), self.role, external_id, where)
        return Bucket(self._roles[role], where, patience=patience)

    def warehouse(self, prefix: str | None = None, **options: Any) -> LakeWarehouse:
        return LakeWarehouse(self.bucket(prefix), **options)

    def _prepare(self) -> None:
        root: dict[str, Any] = {
            "endpoint_url": self.endpoint,
            "region_name": REGION,
            "aws_access_key_id": "root",
            "aws_secret_access_key": "root",
        }
        s3, iam = boto3.client("s3", **root), boto3.client("iam", **root)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        user = iam.create_user(UserName="dagster")["User"]["Arn"]
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": user},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
        role = iam.create_role(RoleName="hubspot", AssumeRolePolicyDocument=_document(trust))
        self.role = role["Role"]["Arn"]
        files = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        may_write = _document(
            {"Effect": "Allow", "Action": files, "Resource": f"arn:aws:s3:::{BUCKET}/hubspot/*"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"},
            # moto asks this of the bucket when several objects go at once; AWS asks it of each object.
            {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{BUCKET}"},
        )
        iam.put_role_policy(RoleName="hubspot", PolicyName="write", PolicyDocument=may_write)
        may_assume = _document({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": self.role})
        iam.put_user_policy(UserName="dagster", PolicyName="assume", PolicyDocument=may_assume)
        key = iam.create_access_key(UserName="dagster")["AccessKey"]
        self.keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        # From here on policies hold.
        reset = f"{self.endpoint}/moto-api/reset-auth"
        requests.post(reset, data="0", headers={"Content-Type": "text/plain"}, timeout=10).raise_for_status()


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})

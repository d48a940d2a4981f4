"""Keys of file systems behind URLs: credentials of S3 and where it is. Without them, the AWS SDK's own way."""

from penstock.client.config.option import boolean, optional_string

S3_ACCESS_KEY = optional_string(
    "s3.access-key",
    "Access key for `s3://` (needs `penstock[s3]`). Default: as the AWS SDK finds it.",
    ("s3.access.key",),
)
S3_SECRET_KEY = optional_string("s3.secret-key", "Secret key for `s3://`.", ("s3.secret.key",))
S3_ENDPOINT = optional_string(
    "s3.endpoint", "URL of an S3-compatible server. Default: `AWS_ENDPOINT_URL`, else Amazon's."
)
S3_PATH_STYLE = boolean(
    "s3.path.style.access",
    False,
    "Whether the bucket stands in the path, as most other servers than Amazon's want it.",
    ("s3.path-style-access",),
)

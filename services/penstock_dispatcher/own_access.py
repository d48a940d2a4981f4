"""What programs that a dispatcher runs need to speak to it: its token, and its own certificate to know it by."""

from penstock.client.config import Configuration
from penstock.client.config.options import security


def own_access(configuration: Configuration) -> dict[str, str]:
    """Settings of the child's REST client; they go no further than its process."""
    found: dict[str, str] = {}
    if token := configuration.find(security.TOKEN):
        found[security.TOKEN.key] = token
    if configuration.get(security.SSL_ENABLED) and (certificate := configuration.find(security.SSL_KEYSTORE)):
        # by the loopback its name is another than the certificate's; that it is this very certificate says more
        found |= {
            security.SSL_ENABLED.key: "true",
            security.SSL_TRUSTSTORE.key: certificate,
            security.SSL_VERIFY_HOSTNAME.key: "false",
        }
        if configuration.get(security.SSL_AUTHENTICATION):
            found[security.SSL_AUTHENTICATION.key] = "true"
            for option in (security.SSL_KEYSTORE, security.SSL_KEY, security.SSL_KEY_PASSWORD):
                if text := configuration.text_of(option):
                    found[option.key] = text
    return found

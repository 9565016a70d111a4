"""Mail, over the server that EMAIL_URL names."""

import smtplib
import time
from collections.abc import Mapping
from datetime import datetime
from email.mime.image import MIMEImage
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.template.loader import render_to_string

from alerts.delivery import http, messages, pictures
from alerts.delivery.channels import contract
from alerts.delivery.messages import Message

FIELDS = ("addresses",)
TAKES_EACH = False
HEARS_RESOLVED = False
WHERE = contract.Where("Sent by the mail server that EMAIL_URL names.")
MAX_ADDRESSES = 20
TIMEOUT_SECONDS = 10


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    addresses = given.get("addresses", "").replace(",", " ").replace(";", " ").split()
    if not 1 <= len(addresses) <= MAX_ADDRESSES:
        raise contract.InvalidConfig("addresses", f"Between 1 and {MAX_ADDRESSES} addresses.")
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            raise contract.InvalidConfig("addresses", "One of these is not an e-mail address.") from None
    return {"addresses": list(dict.fromkeys(addresses))}


def mask(config: Mapping[str, Any]) -> str:
    """The first address with its local part cut, and how many more there are."""
    local, _, domain = config["addresses"][0].rpartition("@")
    more = len(config["addresses"]) - 1
    return f"{local[:1]}…@{domain}"[:100] + (f" and {more} more" if more else "")


def send(
    config: Mapping[str, Any], message: Message, *, now: datetime, minimal: bool = False, before: str = ""
) -> contract.Sent:
    """Text and HTML; only text if `minimal`. A receiver that is refused by the mail server is a permanent error."""
    started = time.monotonic()
    message_id = f"<{message.dedup}@{http.parse(settings.OBS_PUBLIC_URL).host}>"
    mail = EmailMultiAlternatives(
        subject=messages.subject(message),
        body=messages.text(message),
        to=config["addresses"],
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated", "X-Obs-Delivery": message.dedup},
        connection=get_connection(timeout=TIMEOUT_SECONDS),
    )
    if not minimal:
        picture = pictures.draw(message.chart)
        mail.attach_alternative(html(message, has_picture=bool(picture)), "text/html")
        if picture:
            mail.mixed_subtype = "related"  # type: ignore[attr-defined]  # the picture belongs to the text that shows it
            mail.attach(_inline(picture))
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        is_permanent = all(500 <= code < 600 for code, _ in refusal.recipients.values())
        raise contract.DeliveryError("No address was accepted.", is_permanent=is_permanent) from None
    except smtplib.SMTPDataError as refusal:  # the text was refused: 400 is how the policy calls that
        status = 400 if 500 <= refusal.smtp_code < 600 else 503
        raise contract.DeliveryError(f"The mail server answered {refusal.smtp_code}.", status=status) from None
    except (smtplib.SMTPException, OSError):
        raise contract.DeliveryError("The mail server took no mail.") from None
    return contract.Sent(message_id[:64], round((time.monotonic() - started) * 1000))


def _inline(picture: bytes) -> MIMEImage:
    part = MIMEImage(picture, "png")
    part.add_header("Content-ID", "<chart>")
    part.add_header("Content-Disposition", "inline", filename=pictures.NAME)
    return part


def html(message: Message, *, has_picture: bool = False) -> str:
    """The message as HTML, every text escaped."""
    context = {
        "has_picture": has_picture,
        "message": message,
        "title": messages.one_line(message.title),
        "at": messages.clock(message.at),
    }
    return render_to_string("alerts/email.html", context)

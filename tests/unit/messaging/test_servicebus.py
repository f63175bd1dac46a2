"""The Service Bus adapter where no broker is needed: settings, words for errors, messages."""

import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import run

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.servicebus import exceptions as sdk

from shared.errors import ConfigurationError, Conflict, PermanentError, Unavailable
from shared.event import Event
from shared.messaging.claim_check import ClaimCheck
from shared.messaging.servicebus.bus import ServiceBusBus
from shared.messaging.servicebus.errors import failure, settling
from shared.messaging.servicebus.message import LONGEST_ID, outgoing
from shared.storage.files import FileBlobs

WHOLE = "Endpoint=sb://contoso.example/;SharedAccessKeyName=app;SharedAccessKey=made-up"


CLAIMS = ClaimCheck(FileBlobs(Path("blobs")))


# --- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "connection",
    [
        "made-up",
        "Endpoint=sb://contoso.example/",
        "Endpoint=sb://contoso.example/;SharedAccessKeyName=app",
        "Endpoint=sb://contoso.example/;SharedAccessKeyName=app;SharedAccessKey=",
        "SharedAccessKeyName=app;SharedAccessKey=made-up",
    ],
)
def test_a_connection_string_with_a_part_missing_is_refused(connection: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"ServiceBusConnection.*write Endpoint="
    ) as caught:
        ServiceBusBus("contoso.example", connection=connection, claims=CLAIMS)

    assert "made-up" not in str(caught.value)


def test_neither_key_nor_identity_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="set ServiceBusConnection"):
        ServiceBusBus("contoso.example", claims=CLAIMS)


@pytest.mark.parametrize("connection", [WHOLE, f"{WHOLE};", WHOLE.replace("Endpoint", "endpoint")])
def test_a_whole_connection_string_is_taken(connection: str) -> None:
    ServiceBusBus("contoso.example", connection=connection, claims=CLAIMS)


def test_the_sdk_waits_for_the_first_message() -> None:
    code = (
        "import sys; from shared.messaging.servicebus.bus import ServiceBusBus;"
        f"ServiceBusBus('contoso.example', connection={WHOLE!r}, claims=None);"
        "assert not [name for name in sys.modules if name.startswith('azure')]"
    )
    run([sys.executable, "-c", code], check=True)


# --- errors ------------------------------------------------------------------------------------


MENDED = [
    (sdk.MessagingEntityNotFoundError, True, 'queue "skill-echo" does not exist'),
    (sdk.MessagingEntityDisabledError, True, "set its status to Active"),
    (sdk.ServiceBusAuthenticationError, True, "the key in ServiceBusConnection"),
    (sdk.ServiceBusAuthenticationError, False, "AZURE_CLIENT_ID"),
    (sdk.ServiceBusAuthorizationError, True, "rights Send and Listen"),
    (sdk.ServiceBusAuthorizationError, False, '"Azure Service Bus Data Sender"'),
    (sdk.ServiceBusQuotaExceededError, True, "maximum size"),
]


@pytest.mark.parametrize(("kind", "keyed", "words"), MENDED)
def test_what_an_operator_can_mend_waits_and_says_how(
    kind: Callable[[], Exception], keyed: bool, words: str
) -> None:
    error = failure(kind(), "skill-echo", keyed=keyed)

    assert isinstance(error, Unavailable)
    assert error.after == 30
    assert words in str(error)


def test_an_identity_without_a_token_says_where_to_look() -> None:
    refused = ClientAuthenticationError("tenant 1234 said no")
    error = failure(sdk.ServiceBusError("failed", error=refused), "q", keyed=False)

    assert isinstance(error, Unavailable)
    assert "AZURE_CLIENT_ID" in str(error)
    assert "1234" not in str(error)


def test_throttling_waits() -> None:
    error = failure(sdk.ServiceBusServerBusyError(), "q", keyed=True)

    assert isinstance(error, Unavailable)
    assert error.after == 10


@pytest.mark.parametrize(
    "error",
    [
        sdk.ServiceBusConnectionError(),
        sdk.ServiceBusCommunicationError(),
        sdk.OperationTimeoutError(),
        TimeoutError(),
        ConnectionRefusedError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_silence_is_unavailable(error: Exception) -> None:
    assert str(failure(error, "q", keyed=True)) == "Service Bus does not answer"
    assert isinstance(failure(error, "q", keyed=True), Unavailable)


def test_a_message_too_large_is_never_tried_again() -> None:
    error = failure(sdk.MessageSizeExceededError(), "q", keyed=True)

    assert isinstance(error, PermanentError)
    assert error.reason == "too_large"


def test_a_refusal_is_told_by_its_condition_and_not_by_its_text() -> None:
    refused = sdk.ServiceBusError("you sent +4917012345", condition=b"amqp:not-allowed")

    assert str(failure(refused, "q", keyed=True)) == (
        'Service Bus refuses queue "q": amqp:not-allowed'
    )


@pytest.mark.parametrize(
    "error",
    [
        sdk.MessageLockLostError(),
        sdk.SessionLockLostError(),
        sdk.MessageAlreadySettled(),
        sdk.ServiceBusConnectionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_lost_lock_conflicts(error: Exception) -> None:
    conflict = settling(error, "q", "e1", keyed=True)

    assert isinstance(conflict, Conflict)
    assert conflict.id == "e1"


# --- messages ----------------------------------------------------------------------------------


def test_a_message_carries_what_the_broker_and_a_trace_need() -> None:
    sent = Event(
        id="abc:handle:2",
        type="fabric.activity",
        bot="helpdesk",
        conversation="c",
        origin="o",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        attempt=2,
    )

    message = outgoing(sent)

    assert (message.message_id, message.session_id) == ("abc:handle:2", "c")
    assert (message.correlation_id, message.content_type) == ("o", "application/json")
    assert message.application_properties == {
        "type": "fabric.activity",
        "bot": "helpdesk",
        "attempt": 2,
        "traceparent": sent.traceparent,
        "Diagnostic-Id": sent.traceparent,
    }
    assert message.scheduled_enqueue_time_utc is None
    assert Event.from_json(b"".join(message.body)).id == sent.id


def test_an_event_of_no_conversation_is_a_session_of_its_own() -> None:
    message = outgoing(Event(id="f1", type="ticket.created"))

    assert message.session_id == "f1"
    assert message.correlation_id is None
    assert message.application_properties == {"type": "ticket.created", "attempt": 0}


def test_a_strangers_long_id_is_shortened_to_the_same_each_time() -> None:
    long = Event(id="x" * (LONGEST_ID + 1), type="test")

    one, other = outgoing(long), outgoing(long)

    assert one.message_id == other.message_id
    assert one.message_id
    assert len(one.message_id) <= LONGEST_ID
    assert outgoing(Event(id="y" * (LONGEST_ID + 1), type="test")).message_id != one.message_id

"""Every failure that a person may see. Sentences are plain: what happened, why, what to do next; never a key,
never a traceback, never HTML. No HTTP and no reading of bodies enters here: `classify` gets what was read.

    GlmUiError
    ├── BadSettings            the owner's configuration
    ├── RequestError           found before anything is sent
    │   ├── UnknownModel       the name maps to nothing (carries the nearest names)
    │   ├── NotServed          the model is known, this provider does not serve it
    │   ├── UnknownProvider
    │   ├── MissingKey
    │   ├── CannotSend         a part or an option that this provider cannot take
    │   ├── BadInput           an empty message, a malformed history
    │   ├── UsedUp  CountUnknown  SignInFirst    the owner's key is not for this visitor now
    │   ├── Busy  TooOften  Restarting   GLM UI itself has no room, or is going down
    │   └── TurnGone           a reply that somebody comes back to, and that is not here
    ├── UpstreamError          the provider said no (keeps its own code)
    │   ├── KeyRejected  NoBalance  RateLimited  Overloaded  QuotaUsedUp  NotInPlan  PermissionDenied
    │   ├── ContextTooLong  ContentFiltered  BadParameter  ModelUnknownThere  TooLarge
    │   ├── WrongAddress       a server answers, but there is no chat at this address
    │   └── ProviderDown
    ├── ConnectionFailed       nothing, or nothing more, came over the wire
    │   ├── CannotConnect  NameNotFound  TlsNotTrusted  ConnectionReset  RedirectRefused
    │   └── TimedOut           (connect, first byte, silence)
    └── BadReply               what came is not a whole reply
        ├── NotAStream         HTTP 200 with HTML, with nothing, or with what nobody knows
        ├── StreamFailed       an error inside the stream
        ├── StreamCut          it ends before a finish reason
        └── EmptyAnswer        no answer (with or without thinking)
"""

from glm_ui.errors.codes import classify
from glm_ui.errors.plain import plain_text
from glm_ui.errors.tree import (
    BadInput,
    BadSettings,
    Busy,
    CannotSend,
    CountUnknown,
    ErrorTold,
    GlmUiError,
    MissingKey,
    NotServed,
    RequestError,
    Restarting,
    SignInFirst,
    TooOften,
    TurnGone,
    UnknownModel,
    UnknownProvider,
    UsedUp,
)
from glm_ui.errors.upstream import (
    BadParameter,
    BadReply,
    CannotConnect,
    ConnectionFailed,
    ConnectionReset,
    ContentFiltered,
    ContextTooLong,
    EmptyAnswer,
    KeyRejected,
    ModelUnknownThere,
    NameNotFound,
    NoBalance,
    NotAStream,
    NotInPlan,
    Overloaded,
    PermissionDenied,
    ProviderDown,
    QuotaUsedUp,
    RateLimited,
    RedirectRefused,
    StreamCut,
    StreamFailed,
    TimedOut,
    TlsNotTrusted,
    TooLarge,
    UpstreamError,
    WrongAddress,
)

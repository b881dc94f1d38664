// One line for each event and effect: for the daemon's log, and for the transcripts of the tests.
#pragma once

#include <string>

#include "participant/core/events.h"

namespace assent::participant {

std::string to_text(const Event& event);
std::string to_text(const Effect& effect);
std::string to_text(const JournalOperation& operation);

// `accounts`, `accounts[key]`, `(store)`. Bytes of the key that are not printable ASCII stand as \xNN.
std::string to_text(const LockName& name);

// `accounts[key] exclusive`
std::string to_text(const Lock& lock);

// `wounded: the older transaction … needed its locks`
std::string to_text(const AbortCause& cause);

}  // namespace assent::participant

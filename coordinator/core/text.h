// Events and effects as one line of text each: what stands in the service's log, and in the transcripts of the tests.
//
// A few words that say what it is, then `key=value`. Statements, their parameters and their results are counted, never
// shown: no data gets into a log.
#pragma once

#include <string>

#include "assent/time.h"
#include "coordinator/core/events.h"
#include "coordinator/core/records.h"

namespace assent::coordinator {

std::string to_text(const Event& event);
std::string to_text(const Effect& effect);
std::string to_text(const LogRecord& record);

// `5s`, `250ms`, `10us`: exact, in the largest unit that is.
std::string to_text(Duration duration);

}  // namespace assent::coordinator

// zeroblob(): the same as SQLite's own, but of bytes that are there.
//
// SQLite keeps the zeros at the end of a row as their number. When the preupdate hook asks for such a row it makes
// bytes of them, and if it has no memory for these it goes on to write a row that is not there any more, and crashes.
#pragma once

#include "participant/store/connection.h"

namespace assent::participant {

// On this connection, also for what its schema computes. Throws ResultError.
void give_zero_blobs_their_bytes(Connection& connection);

}  // namespace assent::participant

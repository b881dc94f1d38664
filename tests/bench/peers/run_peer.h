// The program that measures a peer: transfers between two servers of its own, from its options to its report.
#pragma once

#include <memory>

#include "tests/bench/peers/peer.h"

namespace assent::bench {

// Returns what main() shall return.
int run_peer(int argc, char** argv, std::unique_ptr<Peer> peer);

}  // namespace assent::bench

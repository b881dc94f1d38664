// How transaction 5 comes into each state, as branch 1.1. It wrote accounts[7].
#pragma once

namespace assent::participant {

inline constexpr auto kIdle = "execute 1 5\nran 1 wrote=1 locks=accounts[7]:X";
inline constexpr auto kPreparing = "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch";
inline constexpr auto kPrepared = "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable";
inline constexpr auto kResolvedCommit =
    "submit 1 5\nran 1 wrote=1 locks=accounts[7]:X\nbatch\ndurable\nresolve 2 5 commit ann\nbatch\ndurable";

}  // namespace assent::participant

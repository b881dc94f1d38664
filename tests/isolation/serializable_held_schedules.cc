#include "tests/isolation/schedules.h"

namespace assent::isolation {

namespace {

constexpr auto kAtX = Side::kX;
constexpr auto kAtY = Side::kY;
constexpr auto kNowhere = Side::kNone;

const std::string kValueOfX = "SELECT value FROM x";
const std::string kValueOfY = "SELECT value FROM y";
const std::string kThirdsHere = "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id";

}  // namespace

// clang-format off
const std::vector<NamedSchedule> kSerializableHeldSchedules = {
    {"G0", "a write waits where the commit has not arrived", {
        {"T1", kAtX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", kAtY, "UPDATE y SET value = 21", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T1", kNowhere, kCommit, kCommitted},
        {"T2", kAtX, "UPDATE x SET value = 12", "changed 1"},
        {"T2", kAtY, "UPDATE y SET value = 22", kBlocked},
        {"", kAtY, kRelease, ""},
        {"T2", kNowhere, kGoesOn, "changed 1"},
        {"T2", kNowhere, kCommit, kCommitted},
        {"S1", kNowhere, "X: SELECT value FROM x; Y: SELECT value FROM y", "12; 22"}}},

    {"dirty_read", "a prepared write is not read", {
        {"T1", kNowhere, kBegin, ""},
        {"T2", kAtX, "UPDATE x SET value = 12", "changed 1"},
        {"T2", kAtY, "UPDATE y SET value = 22", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T2", kNowhere, kCommit, kCommitted},
        {"T1", kAtY, kValueOfY, kBlocked},
        {"T3", kAtY, kValueOfY, kBlocked},
        {"", kAtY, kRelease, ""},
        {"T1", kNowhere, kGoesOn, "22"},
        {"T3", kNowhere, kGoesOn, "22"},
        {"T1", kAtX, kValueOfX, "12"},
        {"T3", kAtX, kValueOfX, "12"},
        {"T1", kNowhere, kCommit, kCommitted},
        {"T3", kNowhere, kCommit, kCommitted}}},

    {"G1a", "what was aborted is not read where the abort has not arrived", {
        {"T1", kAtX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", kAtY, "UPDATE y SET value = 21", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T1", kNowhere, kAbort, kAborted},
        {"T2", kAtX, kValueOfX, "10"},
        {"T2", kAtY, kValueOfY, kBlocked},
        {"", kAtY, kRelease, ""},
        {"T2", kNowhere, kGoesOn, "20"},
        {"T2", kNowhere, kCommit, kCommitted}}},

    {"G1b", "the last write is read when the commit has arrived", {
        {"T1", kAtX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", kAtY, "UPDATE y SET value = 21", "changed 1"},
        {"T1", kAtX, "UPDATE x SET value = 12", "changed 1"},
        {"T1", kAtY, "UPDATE y SET value = 22", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T1", kNowhere, kCommit, kCommitted},
        {"T2", kAtX, kValueOfX, "12"},
        {"T2", kAtY, kValueOfY, kBlocked},
        {"", kAtY, kRelease, ""},
        {"T2", kNowhere, kGoesOn, "22"},
        {"T2", kNowhere, kCommit, kCommitted}}},

    {"G1c", "who waits for a commit that is decided comes behind it", {
        {"T1", kAtX, "UPDATE x SET value = 11", "changed 1"},
        {"T2", kAtY, "UPDATE y SET value = 22", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T2", kNowhere, kCommit, kCommitted},
        {"T1", kAtY, kValueOfY, kBlocked},
        {"", kAtY, kRelease, ""},
        {"T1", kNowhere, kGoesOn, "22"},
        {"T1", kNowhere, kCommit, kCommitted},
        {"S1", kNowhere, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 22"}}},

    {"OTV", "what was observed at one store does not vanish at the other", {
        {"T1", kAtX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", kAtY, "UPDATE y SET value = 19", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T1", kNowhere, kCommit, kCommitted},
        {"T2", kAtX, "UPDATE x SET value = 12", "changed 1"},
        {"T3", kAtX, kValueOfX, kBlocked},
        {"T2", kAtY, "UPDATE y SET value = 18", kBlocked},
        {"", kAtY, kRelease, ""},
        {"T2", kNowhere, kGoesOn, "changed 1"},
        {"T2", kNowhere, kCommit, kCommitted},
        {"T3", kNowhere, kGoesOn, "12"},
        {"T3", kAtY, kValueOfY, "18"},
        {"T3", kNowhere, kCommit, kCommitted}}},

    {"PMP", "rows appear at both stores or at none", {
        {"T1", kAtX, "INSERT INTO items VALUES (3, 30)", "changed 1"},
        {"T1", kAtY, "INSERT INTO items VALUES (4, 42)", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T1", kNowhere, kCommit, kCommitted},
        {"T2", kAtX, kThirdsHere, "3"},
        {"T2", kAtY, kThirdsHere, kBlocked},
        {"", kAtY, kRelease, ""},
        {"T2", kNowhere, kGoesOn, "4"},
        {"T2", kNowhere, kCommit, kCommitted}}},

    {"P4", "an update waits for the commit, and adds to it", {
        {"T1", kAtX, kValueOfX, "10"},
        {"T1", kAtY, kValueOfY, "20"},
        {"T1", kAtX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", kAtY, "UPDATE y SET value = 21", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T1", kNowhere, kCommit, kCommitted},
        {"T2", kAtX, "UPDATE x SET value = value + 1", "changed 1"},
        {"T2", kAtY, "UPDATE y SET value = value + 1", kBlocked},
        {"", kAtY, kRelease, ""},
        {"T2", kNowhere, kGoesOn, "changed 1"},
        {"T2", kNowhere, kCommit, kCommitted},
        {"S1", kNowhere, "X: SELECT value FROM x; Y: SELECT value FROM y", "12; 22"}}},

    {"G_single", "who reads first where the commit has not arrived waits", {
        {"T1", kAtX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", kAtY, "UPDATE y SET value = 21", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T1", kNowhere, kCommit, kCommitted},
        {"T2", kAtY, kValueOfY, kBlocked},
        {"", kAtY, kRelease, ""},
        {"T2", kNowhere, kGoesOn, "21"},
        {"T2", kAtX, kValueOfX, "11"},
        {"T2", kNowhere, kCommit, kCommitted}}},

    {"G2_item", "who read before the commit is wounded by it, who reads later waits", {
        {"T1", kAtX, kValueOfX, "10"},
        {"T1", kAtY, kValueOfY, "20"},
        {"T2", kAtX, kValueOfX, "10"},
        {"T2", kAtY, kValueOfY, "20"},
        {"T1", kAtY, "UPDATE y SET value = 21", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T1", kNowhere, kCommit, kCommitted},
        {"T3", kAtX, kValueOfX, "10"},
        {"T3", kAtY, kValueOfY, kBlocked},
        {"T2", kAtX, "UPDATE x SET value = 12", "changed 1"},
        {"T2", kNowhere, kCommit, kWounded},
        {"", kAtY, kRelease, ""},
        {"T3", kNowhere, kGoesOn, "21"},
        {"T3", kNowhere, kCommit, kWounded}}},

    {"G2", "who looks for rows waits where their commit has not arrived", {
        {"T1", kAtX, kThirdsHere, "no row"},
        {"T1", kAtY, kThirdsHere, "no row"},
        {"T1", kAtY, "INSERT INTO items VALUES (4, 42)", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T1", kNowhere, kCommit, kCommitted},
        {"T2", kAtX, kThirdsHere, "no row"},
        {"T2", kAtY, kThirdsHere, kBlocked},
        {"", kAtY, kRelease, ""},
        {"T2", kNowhere, kGoesOn, "4"},
        {"T2", kAtX, "INSERT INTO items VALUES (3, 30)", "changed 1"},
        {"T2", kNowhere, kCommit, kCommitted}}},

    {"fractured_reads", "who has read the new value waits for the other one", {
        {"T1", kAtX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", kAtY, "UPDATE y SET value = 21", "changed 1"},
        {"", kAtY, kHold, ""},
        {"T1", kNowhere, kCommit, kCommitted},
        {"T2", kAtX, kValueOfX, "11"},
        {"T2", kAtY, kValueOfY, kBlocked},
        {"", kAtY, kRelease, ""},
        {"T2", kNowhere, kGoesOn, "21"},
        {"T2", kNowhere, kCommit, kCommitted}}},
    {"fractured_reads", "who reads all at once waits for the last store", {
        {"T1", kAtX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", kAtY, "UPDATE y SET value = 21", "changed 1"},
        {"", kAtX, kHold, ""},
        {"T1", kNowhere, kCommit, kCommitted},
        {"S1", kAtX, "X: SELECT value FROM x; Y: SELECT value FROM y", kBlocked},
        {"", kAtX, kRelease, ""},
        {"S1", kNowhere, kGoesOn, "11; 21"}}},
};
// clang-format on

}  // namespace assent::isolation

#include "tests/isolation/schedules.h"

namespace assent::isolation {

// clang-format off
const std::vector<NamedSchedule> kReadCommittedSchedules = {
    {"G0", "a write waits for an older one", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T2", Side::kX, "UPDATE x SET value = 12", kBlocked},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kNone, kGoesOn, "changed 1"},
        {"T2", Side::kY, "UPDATE y SET value = 22", "changed 1"},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"V1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "12; 22"}}},
    {"G0", "an older write wounds a younger one", {
        {"T1", Side::kNone, kBegin, ""},
        {"T2", Side::kX, "UPDATE x SET value = 12", "changed 1"},
        {"T2", Side::kY, "UPDATE y SET value = 22", "changed 1"},
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T2", Side::kNone, kCommit, kWounded},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"V1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 21"}}},

    {"dirty_read", "a reader waits for nobody and sees what was committed", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"S1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "10; 20"},
        {"T1", Side::kX, "SELECT value FROM x", "11"},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kNone, kCommit, kCommitted}}},

    {"G1a", "what is aborted later is not read", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T1", Side::kNone, kAbort, kAborted},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"T2", Side::kNone, kCommit, kCommitted}}},

    {"G1b", "what is changed once more is not read", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T1", Side::kX, "UPDATE x SET value = 12", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 22", "changed 1"},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T1", Side::kNone, kCommitEverywhere, kCommitted},
        {"T2", Side::kX, "SELECT value FROM x", "12"},
        {"T2", Side::kY, "SELECT value FROM y", "22"},
        {"T2", Side::kNone, kCommit, kCommitted}}},

    {"G1c", "neither of two sees the other's write", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T2", Side::kY, "UPDATE y SET value = 22", "changed 1"},
        {"T1", Side::kY, "SELECT value FROM y", "20"},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"V1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 22"}}},

    {"OTV", "what was observed does not vanish once it has been applied everywhere", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 19", "changed 1"},
        {"T2", Side::kX, "UPDATE x SET value = 12", kBlocked},
        {"T1", Side::kNone, kCommitEverywhere, kCommitted},
        {"T2", Side::kNone, kGoesOn, "changed 1"},
        {"T3", Side::kX, "SELECT value FROM x", "11"},
        {"T2", Side::kY, "UPDATE y SET value = 18", "changed 1"},
        {"T3", Side::kY, "SELECT value FROM y", "19"},
        {"T2", Side::kNone, kCommitEverywhere, kCommitted},
        {"T3", Side::kX, "SELECT value FROM x", "12"},
        {"T3", Side::kY, "SELECT value FROM y", "18"},
        {"T3", Side::kNone, kCommit, kCommitted}}},

    {"PMP", "rows appear between two looks", {
        {"T1", Side::kX, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "no row"},
        {"T2", Side::kX, "INSERT INTO items VALUES (3, 30)", "changed 1"},
        {"T2", Side::kY, "INSERT INTO items VALUES (4, 42)", "changed 1"},
        {"T2", Side::kNone, kCommitEverywhere, kCommitted},
        {"T1", Side::kX, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "3; 4", "3"},
        {"T1", Side::kY, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "3; 4", "4"},
        {"T1", Side::kNone, kCommit, kCommitted}}, true},
    {"PMP", "a delete by value that waited looks again", {
        {"T1", Side::kX, "UPDATE items SET value = value + 10", "changed 2"},
        {"T2", Side::kX, "DELETE FROM items WHERE value = 20", kBlocked},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kNone, kGoesOn, "changed 1"},
        {"T2", Side::kX, "SELECT id, value FROM items", "2,30"},
        {"T2", Side::kNone, kCommit, kCommitted}}},

    {"P4", "of two that wrote what they computed one is lost", {
        {"T1", Side::kX, "SELECT value FROM x", "10"},
        {"T1", Side::kY, "SELECT value FROM y", "20"},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kX, "UPDATE x SET value = 12", "changed 1"},
        {"T2", Side::kY, "UPDATE y SET value = 22", "changed 1"},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"V1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "12; 22"}}, true},
    {"P4", "of two that add in one statement none is lost", {
        {"T1", Side::kX, "UPDATE x SET value = value + 1", "changed 1"},
        {"T2", Side::kX, "UPDATE x SET value = value + 1", kBlocked},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kNone, kGoesOn, "changed 1"},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"V1", Side::kNone, "X: SELECT value FROM x", "12"}}},

    {"G_single", "who reads twice sees before and behind a commit", {
        {"T1", Side::kX, "SELECT value FROM x", "10"},
        {"T2", Side::kX, "UPDATE x SET value = 12", "changed 1"},
        {"T2", Side::kY, "UPDATE y SET value = 18", "changed 1"},
        {"T2", Side::kNone, kCommitEverywhere, kCommitted},
        {"T1", Side::kY, "SELECT value FROM y", "18"},
        {"T1", Side::kNone, kCommit, kCommitted}}, true},

    {"G2_item", "each writes what the other has read", {
        {"T1", Side::kX, "SELECT value FROM x", "10"},
        {"T1", Side::kY, "SELECT value FROM y", "20"},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T2", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"V1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 21"}}, true},

    {"G2", "each adds a row of the kind that the other has looked for", {
        {"T1", Side::kX, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "no row"},
        {"T1", Side::kY, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "no row"},
        {"T2", Side::kX, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "no row"},
        {"T2", Side::kY, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "no row"},
        {"T1", Side::kX, "INSERT INTO items VALUES (3, 30)", "changed 1"},
        {"T2", Side::kY, "INSERT INTO items VALUES (4, 42)", "changed 1"},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"V1", Side::kNone, "X: SELECT count(*) FROM items WHERE id = 3; Y: SELECT count(*) FROM items WHERE id = 4",
         "1; 1"}}, true},

    {"fractured_reads", "who reads between sees one write of two", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"T1", Side::kNone, kCommitEverywhere, kCommitted},
        {"T2", Side::kY, "SELECT value FROM y", "21"},
        {"T2", Side::kNone, kCommit, kCommitted}}, true},
};

const std::vector<NamedSchedule> kReadCommittedHeldSchedules = {
    {"G0", "a write waits where the commit has not arrived", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"", Side::kY, kHold, ""},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kX, "UPDATE x SET value = 12", "changed 1"},
        {"T2", Side::kY, "UPDATE y SET value = 22", kBlocked},
        {"", Side::kY, kRelease, ""},
        {"T2", Side::kNone, kGoesOn, "changed 1"},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"V1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "12; 22"}}},

    {"dirty_read", "a prepared write is not read", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"", Side::kY, kHold, ""},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"", Side::kY, kRelease, ""},
        {"T1", Side::kY, kArrives, ""},
        {"T2", Side::kY, "SELECT value FROM y", "21"},
        {"T2", Side::kNone, kCommit, kCommitted}}},

    {"G1a", "what was aborted is not read where the abort has not arrived", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"", Side::kY, kHold, ""},
        {"T1", Side::kNone, kAbort, kAborted},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"", Side::kY, kRelease, ""},
        {"T1", Side::kY, kArrives, ""},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"T2", Side::kNone, kCommit, kCommitted}}},

    {"G1b", "of two writes the last one is read, or none", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"T1", Side::kX, "UPDATE x SET value = 12", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 22", "changed 1"},
        {"", Side::kY, kHold, ""},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T1", Side::kX, kArrives, ""},
        {"T2", Side::kX, "SELECT value FROM x", "12"},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"", Side::kY, kRelease, ""},
        {"T1", Side::kY, kArrives, ""},
        {"T2", Side::kY, "SELECT value FROM y", "22"},
        {"T2", Side::kNone, kCommit, kCommitted}}},

    {"G1c", "who did not see a commit is not seen by it either", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T2", Side::kY, "UPDATE y SET value = 22", "changed 1"},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"", Side::kY, kHold, ""},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"T1", Side::kY, "SELECT value FROM y", "20"},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"", Side::kY, kRelease, ""},
        {"V1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 22"}}},

    {"OTV", "what was observed at one store vanishes at the other", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 19", "changed 1"},
        {"T1", Side::kNone, kCommitEverywhere, kCommitted},
        {"T2", Side::kX, "UPDATE x SET value = 12", "changed 1"},
        {"T2", Side::kY, "UPDATE y SET value = 18", "changed 1"},
        {"", Side::kY, kHold, ""},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kX, kArrives, ""},
        {"T3", Side::kX, "SELECT value FROM x", "12"},
        {"T3", Side::kY, "SELECT value FROM y", "19"},
        {"T3", Side::kNone, kCommit, kCommitted},
        {"", Side::kY, kRelease, ""}}, true},

    {"PMP", "rows have appeared at one store, and not at the other", {
        {"T1", Side::kX, "INSERT INTO items VALUES (3, 30)", "changed 1"},
        {"T1", Side::kY, "INSERT INTO items VALUES (4, 42)", "changed 1"},
        {"", Side::kY, kHold, ""},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T1", Side::kX, kArrives, ""},
        {"T2", Side::kX, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "3"},
        {"T2", Side::kY, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "no row"},
        {"", Side::kY, kRelease, ""},
        {"T1", Side::kY, kArrives, ""},
        {"T2", Side::kY, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "4"},
        {"T2", Side::kNone, kCommit, kCommitted}}, true},

    {"P4", "who read before the commit arrived writes over it", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"", Side::kY, kHold, ""},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"T2", Side::kY, "UPDATE y SET value = 22", kBlocked},
        {"", Side::kY, kRelease, ""},
        {"T2", Side::kNone, kGoesOn, "changed 1"},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"V1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 22"}}, true},

    {"G_single", "one store shows a commit that the other does not show yet", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"", Side::kX, kHold, ""},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T1", Side::kY, kArrives, ""},
        {"T2", Side::kY, "SELECT value FROM y", "21"},
        {"T2", Side::kX, "SELECT value FROM x", "10"},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"", Side::kX, kRelease, ""}}, true},

    {"G2_item", "each has read what the other writes", {
        {"T1", Side::kX, "SELECT value FROM x", "10"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"", Side::kY, kHold, ""},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"T2", Side::kX, "UPDATE x SET value = 12", "changed 1"},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"", Side::kY, kRelease, ""},
        {"V1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "12; 21"}}, true},

    {"G2", "each has looked for the row that the other adds", {
        {"T1", Side::kX, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "no row"},
        {"T1", Side::kY, "INSERT INTO items VALUES (4, 42)", "changed 1"},
        {"", Side::kY, kHold, ""},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T2", Side::kY, "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id", "no row"},
        {"T2", Side::kX, "INSERT INTO items VALUES (3, 30)", "changed 1"},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"", Side::kY, kRelease, ""},
        {"V1", Side::kNone, "X: SELECT count(*) FROM items WHERE id = 3; Y: SELECT count(*) FROM items WHERE id = 4",
         "1; 1"}}, true},

    {"fractured_reads", "one write of two is read, also by who reads all at once", {
        {"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
        {"T1", Side::kY, "UPDATE y SET value = 21", "changed 1"},
        {"", Side::kY, kHold, ""},
        {"T1", Side::kNone, kCommit, kCommitted},
        {"T1", Side::kX, kArrives, ""},
        {"T2", Side::kX, "SELECT value FROM x", "11"},
        {"T2", Side::kY, "SELECT value FROM y", "20"},
        {"T2", Side::kNone, kCommit, kCommitted},
        {"S1", Side::kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 20"},
        {"", Side::kY, kRelease, ""}}, true},
};
// clang-format on

}  // namespace assent::isolation

#include "tests/isolation/schedules.h"

namespace assent::isolation {

namespace {

constexpr auto kX = Side::kX;
constexpr auto kY = Side::kY;
constexpr auto kNone = Side::kNone;

const std::string kReadX = "SELECT value FROM x";
const std::string kReadY = "SELECT value FROM y";
const std::string kThirds = "SELECT id FROM items WHERE value % 3 = 0 ORDER BY id";
const std::string kAdd30 = "INSERT INTO items VALUES (3, 30)";
const std::string kAdd42 = "INSERT INTO items VALUES (4, 42)";

std::string set_x(int value) {
  return "UPDATE x SET value = " + std::to_string(value);
}
std::string set_y(int value) {
  return "UPDATE y SET value = " + std::to_string(value);
}

}  // namespace

// clang-format off
const std::vector<NamedSchedule> kSerializableSchedules = {
    {"G0", "a younger write waits for the older one", {
        {"T1", kX, set_x(11), "changed 1"},
        {"T2", kX, set_x(12), kBlocked},
        {"T1", kY, set_y(21), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, "changed 1"},
        {"T2", kY, set_y(22), "changed 1"},
        {"T2", kNone, kCommit, kCommitted},
        {"S1", kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "12; 22"}}},
    {"G0", "an older write wounds the younger one", {
        {"T1", kNone, kBegin, ""},
        {"T2", kX, set_x(12), "changed 1"},
        {"T2", kY, set_y(22), "changed 1"},
        {"T1", kX, set_x(11), "changed 1"},
        {"T1", kY, set_y(21), "changed 1"},
        {"T2", kNone, kCommit, kWounded},
        {"T1", kNone, kCommit, kCommitted},
        {"S1", kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 21"}}},
    {"G0", "writes in opposite orders", {
        {"T1", kX, set_x(11), "changed 1"},
        {"T2", kY, set_y(22), "changed 1"},
        {"T2", kX, set_x(12), kBlocked},
        {"T1", kY, set_y(21), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, kWounded, "changed 1"},
        {"T2", kNone, kCommit, kWounded},
        {"S1", kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 21"}}},

    {"dirty_read", "a younger reader waits for the end of the writer", {
        {"T1", kX, set_x(11), "changed 1"},
        {"T1", kY, set_y(21), "changed 1"},
        {"T2", kX, kReadX, kBlocked},
        {"S1", kY, "Y: SELECT value FROM y", kBlocked},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, "11"},
        {"T2", kY, kReadY, "21"},
        {"T2", kNone, kCommit, kCommitted},
        {"S1", kNone, kGoesOn, "21"}}},
    {"dirty_read", "an older reader wounds the writer", {
        {"T1", kNone, kBegin, ""},
        {"T2", kX, set_x(12), "changed 1"},
        {"T2", kY, set_y(22), "changed 1"},
        {"T1", kX, kReadX, "10"},
        {"T1", kY, kReadY, "20"},
        {"T2", kNone, kCommit, kWounded},
        {"T1", kNone, kCommit, kCommitted}}},

    {"G1a", "a reader waits for the abort and sees nothing of it", {
        {"T1", kX, set_x(11), "changed 1"},
        {"T1", kY, set_y(21), "changed 1"},
        {"T2", kX, kReadX, kBlocked},
        {"T1", kNone, kAbort, kAborted},
        {"T2", kNone, kGoesOn, "10"},
        {"T2", kY, kReadY, "20"},
        {"T2", kNone, kCommit, kCommitted}}},

    {"G1b", "a reader sees the last write only", {
        {"T1", kX, set_x(11), "changed 1"},
        {"T1", kY, set_y(21), "changed 1"},
        {"T2", kX, kReadX, kBlocked},
        {"T1", kX, set_x(12), "changed 1"},
        {"T1", kY, set_y(22), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, "12"},
        {"T2", kY, kReadY, "22"},
        {"T2", kNone, kCommit, kCommitted}}},

    {"G1c", "of two that would read each other's writes one is wounded", {
        {"T1", kX, set_x(11), "changed 1"},
        {"T2", kY, set_y(22), "changed 1"},
        {"T1", kY, kReadY, "20"},
        {"T2", kNone, kCommit, kWounded},
        {"T1", kNone, kCommit, kCommitted},
        {"S1", kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 20"}}},
    {"G1c", "the younger reads first", {
        {"T1", kX, set_x(11), "changed 1"},
        {"T2", kY, set_y(22), "changed 1"},
        {"T2", kX, kReadX, kBlocked},
        {"T1", kY, kReadY, "20"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, kWounded, "11"},
        {"T2", kNone, kCommit, kWounded},
        {"S1", kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 20"}}},

    {"OTV", "what was observed does not vanish", {
        {"T1", kX, set_x(11), "changed 1"},
        {"T1", kY, set_y(19), "changed 1"},
        {"T2", kX, set_x(12), kBlocked},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, "changed 1"},
        {"T3", kX, kReadX, kBlocked},
        {"T2", kY, set_y(18), "changed 1"},
        {"T2", kNone, kCommit, kCommitted},
        {"T3", kNone, kGoesOn, "12"},
        {"T3", kY, kReadY, "18"},
        {"T3", kX, kReadX, "12"},
        {"T3", kNone, kCommit, kCommitted}}},

    {"PMP", "an insert waits for who has looked for such rows", {
        {"T1", kX, kThirds, "no row"},
        {"T2", kX, kAdd30, kBlocked},
        {"T1", kX, kThirds, "no row"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, "changed 1"},
        {"T2", kNone, kCommit, kCommitted}}},
    {"PMP", "rows that appear at both sides appear for nobody in between", {
        {"T1", kX, kThirds, "no row"},
        {"T2", kX, "UPDATE x SET value = 13", "changed 1"},
        {"T2", kX, kAdd30, kBlocked},
        {"T1", kX, kReadX, "10"},
        {"T1", kY, kThirds, "no row"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, kWounded},
        {"T2", kNone, kCommit, kWounded}}},
    {"PMP", "a delete by value waits for who changes the values", {
        {"T1", kX, "UPDATE items SET value = value + 10", "changed 2"},
        {"T2", kX, "DELETE FROM items WHERE value = 20", kBlocked},
        {"T1", kY, set_y(21), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, "changed 1"},
        {"T2", kX, "SELECT id, value FROM items", "2,30"},
        {"T2", kY, kReadY, "21"},
        {"T2", kNone, kCommit, kCommitted}}},

    {"P4", "of two that have read one is wounded by the other's write", {
        {"T1", kX, kReadX, "10"},
        {"T2", kX, kReadX, "10"},
        {"T1", kX, set_x(11), "changed 1"},
        {"T1", kY, set_y(21), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kX, set_x(12), kWounded},
        {"T2", kNone, kCommit, kWounded},
        {"S1", kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 21"}}},
    {"P4", "the younger writes first", {
        {"T1", kX, kReadX, "10"},
        {"T2", kX, kReadX, "10"},
        {"T2", kX, set_x(12), kBlocked},
        {"T1", kX, set_x(11), "changed 1"},
        {"T2", kNone, kGoesOn, kWounded},
        {"T1", kY, set_y(21), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"S1", kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 21"}}},

    {"G_single", "a writer waits for the reader", {
        {"T1", kX, kReadX, "10"},
        {"T2", kX, set_x(12), kBlocked},
        {"T1", kY, kReadY, "20"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, "changed 1"},
        {"T2", kY, set_y(18), "changed 1"},
        {"T2", kNone, kCommit, kCommitted},
        {"S1", kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "12; 18"}}},
    {"G_single", "a writer who has written what will be read is wounded", {
        {"T1", kX, kReadX, "10"},
        {"T2", kY, set_y(18), "changed 1"},
        {"T2", kX, set_x(12), kBlocked},
        {"T1", kY, kReadY, "20"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, kWounded, "changed 1"},
        {"T2", kNone, kCommit, kWounded}}},
    {"G_single", "an older writer wounds the reader", {
        {"T1", kNone, kBegin, ""},
        {"T2", kX, kReadX, "10"},
        {"T1", kX, set_x(12), "changed 1"},
        {"T1", kY, set_y(18), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kY, kReadY, kWounded, "18"},
        {"T2", kNone, kCommit, kWounded}}},
    {"G_single", "a predicate before a write and behind it", {
        {"T1", kX, "SELECT sum(value) FROM items", "30"},
        {"T2", kX, "UPDATE items SET value = 15 WHERE id = 1", kBlocked},
        {"T1", kY, "SELECT sum(value) FROM items", "30"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, "changed 1"},
        {"T2", kY, "UPDATE items SET value = 25 WHERE id = 2", "changed 1"},
        {"T2", kNone, kCommit, kCommitted}}},

    {"G2_item", "write skew wounds the younger", {
        {"T1", kX, kReadX, "10"},
        {"T1", kY, kReadY, "20"},
        {"T2", kX, kReadX, "10"},
        {"T2", kY, kReadY, "20"},
        {"T1", kX, set_x(11), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kY, set_y(21), kWounded, "changed 1"},
        {"T2", kNone, kCommit, kWounded},
        {"S1", kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 20"}}},
    {"G2_item", "the younger writes first and waits", {
        {"T1", kX, kReadX, "10"},
        {"T1", kY, kReadY, "20"},
        {"T2", kX, kReadX, "10"},
        {"T2", kY, kReadY, "20"},
        {"T2", kY, set_y(21), kBlocked},
        {"T1", kX, set_x(11), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, kWounded, "changed 1"},
        {"T2", kNone, kCommit, kWounded},
        {"S1", kNone, "X: SELECT value FROM x; Y: SELECT value FROM y", "11; 20"}}},

    {"G2", "an insert wounds the younger who has looked for such rows", {
        {"T1", kX, kThirds, "no row"},
        {"T1", kY, kThirds, "no row"},
        {"T2", kX, kThirds, "no row"},
        {"T2", kY, kThirds, "no row"},
        {"T1", kX, kAdd30, "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kY, kAdd42, kWounded, "changed 1"},
        {"T2", kNone, kCommit, kWounded},
        {"S1", kNone, "X: SELECT count(*) FROM items WHERE id = 3; Y: SELECT count(*) FROM items WHERE id = 4",
         "1; 0"}}},
    {"G2", "a reader of everything sees no order that another one did not see", {
        {"T1", kX, kReadX, "10"},
        {"T1", kY, kReadY, "20"},
        {"T2", kY, set_y(25), kBlocked},
        {"T3", kX, kReadX, "10"},
        {"T3", kY, kReadY, kBlocked},
        {"T1", kX, set_x(0), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, "changed 1"},
        {"T2", kNone, kCommit, kCommitted},
        {"T3", kNone, kGoesOn, kWounded, "25"},
        {"T3", kNone, kCommit, kWounded}}},

    {"fractured_reads", "who reads between the writes waits for the commit", {
        {"T1", kX, set_x(11), "changed 1"},
        {"T2", kY, kReadY, "20"},
        {"T2", kX, kReadX, kBlocked},
        {"T1", kY, set_y(21), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"T2", kNone, kGoesOn, kWounded, "11"},
        {"T2", kNone, kCommit, kWounded}}},
    {"fractured_reads", "who reads all at once waits for the commit", {
        {"T1", kX, set_x(11), "changed 1"},
        {"S1", kX, "X: SELECT value FROM x; Y: SELECT value FROM y", kBlocked},
        {"T1", kY, set_y(21), "changed 1"},
        {"T1", kNone, kCommit, kCommitted},
        {"S1", kNone, kGoesOn, "11; 21"}}},
};
// clang-format on

}  // namespace assent::isolation

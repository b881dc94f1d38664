// A program of somebody else, built against the installed package. Nobody listens where it calls.
#include <assent/assent.h>

#include <cstdio>

int main() {
  try {
    assent::ClientOptions options;
    options.coordinator = "127.0.0.1:1";
    options.run_attempts = 1;
    assent::Client client{options};
    assent::Batch batch;
    batch.execute("bank-a", "UPDATE accounts SET balance = balance - ? WHERE id = ?", 100, "alice").expect_rows(1);
    client.submit(batch);
  } catch (const assent::Unavailable& error) {
    std::printf("unavailable, as expected: %s\n", error.what());
    return 0;
  } catch (const assent::ClientError& error) {
    std::printf("expected Unavailable: %s\n", error.what());
  }
  return 1;
}

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/unit/rpc/loop.h"

namespace assent::rpc {
namespace {

class StockClientTest : public Loop {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "assent-stock-client-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    generated_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(generated_); }

  std::string generated_;
};

TEST_F(StockClientTest, ThriftsOwnPythonClientIsServed) {
  const std::string source = ASSENT_SOURCE_DIR;
  const std::string generate = "thrift -r --gen py -out " + generated_ + " " + source + "/thrift/operators.thrift";
  ASSERT_EQ(std::system(generate.c_str()), 0) << generate;
  Server server(io_, {}, hello_of());
  server.on(methods::kLocate, [](wire::LocateRequest&& request, const LocateResponder& respond) {
    if (request.store == "missing") {
      respond.fault(wire::FaultCode::NOT_FOUND, "no store `missing`");
    } else {
      respond(location_of(request));
    }
  });
  const Address address = server.listen(kAnyPort).value();
  std::thread runner([&] { io_.run(); });
  const std::string client = "/usr/bin/python3 " + source + "/tests/unit/rpc/stock_client.py " + generated_ + " " +
                             std::to_string(address.port);
  EXPECT_EQ(std::system(client.c_str()), 0) << client;
  io_.stop();
  runner.join();
}

}  // namespace
}  // namespace assent::rpc

#include "tests/bench/peers/run_peer.h"

int main(int argc, char** argv) {
  return assent::bench::run_peer(argc, argv, assent::bench::make_mariadb());
}

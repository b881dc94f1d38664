"""Calls a test server with Thrift's own Python client. Usage: stock_client.py GENERATED_CODE PORT"""

import sys

sys.path.insert(0, sys.argv[1])

from assent import Coordinator  # noqa: E402
from assent.constants import PROTOCOL_VERSION  # noqa: E402
from assent.ttypes import Fault, FaultCode, HelloRequest, LocateRequest  # noqa: E402
from assent_operators import CoordinatorOperator  # noqa: E402
from thrift.protocol.TBinaryProtocol import TBinaryProtocol  # noqa: E402
from thrift.Thrift import TApplicationException  # noqa: E402
from thrift.transport.TSocket import TSocket  # noqa: E402
from thrift.transport.TTransport import TFramedTransport  # noqa: E402


def connect():
    transport = TFramedTransport(TSocket("127.0.0.1", int(sys.argv[2])))
    transport.open()
    return TBinaryProtocol(transport)


def fault_of(call):
    try:
        call()
    except Fault as fault:
        return fault.code
    return None


protocol = connect()
client = Coordinator.Client(protocol)
assert fault_of(lambda: client.locate(LocateRequest("early"))) == FaultCode.WRONG_VERSION

client = Coordinator.Client(connect())
assert fault_of(lambda: client.hello(HelloRequest(99, "test"))) == FaultCode.WRONG_VERSION

protocol = connect()
client = Coordinator.Client(protocol)
hello = client.hello(HelloRequest(PROTOCOL_VERSION, "test"))
assert (hello.protocol_version, hello.program, hello.log_identity) == (PROTOCOL_VERSION, "test-server", 7)
assert client.locate(LocateRequest("accounts")).address == "for accounts"
assert fault_of(lambda: client.locate(LocateRequest("missing"))) == FaultCode.NOT_FOUND
try:
    CoordinatorOperator.Client(protocol).stores(None)
    raise AssertionError("an unknown method was answered")
except TApplicationException as error:
    assert error.type == TApplicationException.UNKNOWN_METHOD
assert client.locate(LocateRequest("Überweisung")).store == "Überweisung"

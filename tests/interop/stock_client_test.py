"""A stock Thrift client (framed, binary) calls every method of every service, among them a transfer and a submit.

Usage: stock_client_test.py PROGRAMS IDL_FOLDER, with the folder of the daemons and the one of assent.thrift.
"""

import ctypes
import pathlib
import signal
import subprocess
import sys
import tempfile

PROGRAMS, IDL = (pathlib.Path(argument) for argument in sys.argv[1:3])
WORK = tempfile.TemporaryDirectory(prefix="assent-interop-")
FOLDER = pathlib.Path(WORK.name)

subprocess.run(["thrift", "-r", "--gen", "py", "-out", FOLDER, IDL / "operators.thrift"], check=True)
sys.path.insert(0, WORK.name)

from thrift.Thrift import TApplicationException  # noqa: E402
from thrift.protocol.TBinaryProtocol import TBinaryProtocol  # noqa: E402
from thrift.transport.TSocket import TSocket  # noqa: E402
from thrift.transport.TTransport import TFramedTransport  # noqa: E402

from assent import Coordinator, Participant  # noqa: E402
from assent.constants import PROTOCOL_VERSION  # noqa: E402
from assent import ttypes as wire  # noqa: E402
from assent_operators import CoordinatorOperator, Failpoints, ParticipantOperator  # noqa: E402
from assent_operators import ttypes as operators  # noqa: E402

SCHEMA = """
CREATE TABLE accounts (id TEXT PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0));
INSERT INTO accounts VALUES ('alice', 100), ('bob', 100);
"""


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def start(*arguments):
    """Starts a daemon and returns it with the address that it says it listens on."""
    daemon = subprocess.Popen(
        [str(word) for word in arguments], stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
    )
    line = daemon.stdout.readline()
    assert "listening on " in line, f"{arguments[0]} said {line!r}"
    return daemon, line.split("listening on ")[1].split()[0]


def count_calls(service):
    """How often each method of the service will have been called."""
    calls = {}

    def counted(name, method):
        def call(*arguments):
            calls[name] += 1
            return method(*arguments)

        return call

    for name in [name for name in vars(service.Iface) if not name.startswith("_")]:
        calls[name] = 0
        setattr(service.Client, name, counted(name, getattr(service.Client, name)))
    return calls


CALLED = {
    service.__name__: count_calls(service)
    for service in (Coordinator, Participant, CoordinatorOperator, ParticipantOperator, Failpoints)
}


def connect(service, address):
    host, port = address.rsplit(":", 1)
    transport = TFramedTransport(TSocket(host, int(port)))
    transport.open()
    client = service.Client(TBinaryProtocol(transport, strictRead=True, strictWrite=True))
    return client


def faults(code, method, request):
    """The message of the fault that the call must end with."""
    try:
        answer = method(request)
    except wire.Fault as fault:
        assert fault.code == code, fault
        return fault.message
    raise AssertionError(f"{request} was answered: {answer}")


def say_hello(client):
    answer = client.hello(wire.HelloRequest(protocol_version=PROTOCOL_VERSION, program="stock client"))
    assert answer.protocol_version == PROTOCOL_VERSION
    return answer


def value(python_value):
    return wire.Value(integer=python_value) if isinstance(python_value, int) else wire.Value(text=python_value)


def statement(sql, *parameters, rows=None):
    return wire.Statement(sql=sql, parameters=[value(parameter) for parameter in parameters], expected_rows=rows)


def main():
    (FOLDER / "bank.sql").write_text(SCHEMA)
    coordinator_daemon, coordinator_address = start(
        PROGRAMS / "assent-coordinator", "--data", FOLDER / "coordinator", "--create", "--listen", "127.0.0.1:0"
    )
    participant_daemon, _ = start(
        PROGRAMS / "assent-participant", "--coordinator", coordinator_address, "--listen", "127.0.0.1:0", "--create",
        *(word for bank in ("bank-a", "bank-b")
          for word in ("--store", f"{bank}={FOLDER}/{bank}.db", "--schema", f"{bank}={FOLDER}/bank.sql")),
    )  # fmt: skip

    coordinator = connect(Coordinator, coordinator_address)
    identity = say_hello(coordinator).log_identity
    assert identity != 0
    lease = coordinator.lease(wire.LeaseRequest(count=10))
    assert lease.count == 10 and lease.first.log == identity

    def transaction_id(number):
        return wire.TransactionId(log=identity, epoch=lease.first.epoch, number=lease.first.number + number)

    # Registration follows the participant's start: ask until the store is known.
    def locate(store):
        while True:
            try:
                return coordinator.locate(wire.LocateRequest(store=store)).address
            except wire.Fault as fault:
                assert fault.code == wire.FaultCode.NOT_FOUND, fault

    # An interactive transfer, statement by statement, over both stores.
    participant_address = locate("bank-a")
    assert locate("bank-b") == participant_address
    participant = connect(Participant, participant_address)
    say_hello(participant)
    touched = []
    for store, change, account in (("bank-a", -30, "alice"), ("bank-b", 30, "bob")):
        request = wire.ExecuteRequest(
            store=store, id=transaction_id(0), begin_stamp=lease.begin_stamp,
            branch=wire.BranchNumber(start=0, counter=0), statement_number=0, timeout_ms=10000,
            statement=statement("UPDATE accounts SET balance = balance + ? WHERE id = ?", change, account),
            level=wire.IsolationLevel.READ_COMMITTED,
        )  # fmt: skip
        while True:
            try:
                answer = participant.execute(request)
                break
            except wire.Fault as fault:  # the participant has yet to hear of the coordinator
                assert fault.code == wire.FaultCode.UNAVAILABLE, fault
        assert answer.result is not None and answer.result.changed_rows == 1, answer
        request.branch, request.statement_number = answer.branch, 1
        request.statement = statement("SELECT balance FROM accounts WHERE id = ?", account)
        read = participant.execute(request)
        assert read.result.rows[0].values[0].integer == 100 + change, read
        # One transaction has one level, and a level that is left out is SERIALIZABLE.
        request.statement_number, request.level = 2, None
        assert "serializable" in faults(wire.FaultCode.INVALID_ARGUMENT, participant.execute, request)
        for request.level in (3, -1, 2**31 - 1):
            assert "level: " in faults(wire.FaultCode.INVALID_ARGUMENT, participant.execute, request)
        touched.append(wire.TouchedBranch(store=store, branch=answer.branch, statement_count=2))
    outcome = coordinator.commit(
        wire.CommitRequest(id=transaction_id(0), branches=touched, return_when=wire.ReturnWhen.APPLIED)
    )
    assert outcome.kind == wire.OutcomeKind.COMMITTED, outcome

    # A transfer in one request.
    def submit(number, amount, rows=1, level=None):
        return coordinator.submit(
            wire.SubmitRequest(
                id=transaction_id(number), begin_stamp=lease.begin_stamp, return_when=wire.ReturnWhen.DECIDED,
                timeout_ms=10000, level=level,
                branches=[
                    wire.BatchBranch(store=store, statements=[
                        statement("UPDATE accounts SET balance = balance + ? WHERE id = ?", change, account, rows=rows),
                        statement("SELECT balance FROM accounts WHERE id = ?", account),
                    ])
                    for store, change, account in (("bank-a", -amount, "alice"), ("bank-b", amount, "bob"))
                ],
            )
        )  # fmt: skip

    outcome = submit(1, 20)
    assert outcome.kind == wire.OutcomeKind.COMMITTED, outcome
    balances = {results.store: results.results[1].rows[0].values[0].integer for results in outcome.results}
    assert balances == {"bank-a": 50, "bank-b": 150}, balances
    refused = submit(2, 1000)  # the CHECK of the paying account
    assert refused.kind == wire.OutcomeKind.ABORTED and refused.cause.reason == wire.AbortReason.CONSTRAINT, refused
    assert refused.cause.store == "bank-a", refused

    outcome = submit(5, 0, level=wire.IsolationLevel.READ_COMMITTED)
    assert outcome.kind == wire.OutcomeKind.COMMITTED, outcome
    try:
        raise AssertionError(submit(6, 0, level=3))
    except wire.Fault as fault:
        assert fault.code == wire.FaultCode.INVALID_ARGUMENT and "level: 3" in fault.message, fault

    # Outcomes, an abort, and an id that was never begun.
    assert coordinator.outcome(wire.OutcomeRequest(id=transaction_id(1))).kind == wire.OutcomeKind.COMMITTED
    aborted = coordinator.abort(wire.AbortRequest(id=transaction_id(3), branches=[]))
    assert aborted.kind == wire.OutcomeKind.ABORTED
    assert coordinator.outcome(wire.OutcomeRequest(id=transaction_id(4))).kind == wire.OutcomeKind.ABORTED
    assert submit(4, 1).kind == wire.OutcomeKind.ABORTED

    # Operators.
    operator = CoordinatorOperator.Client(coordinator._iprot)
    status = operator.coordinator_status(operators.Empty())
    assert status.committed == 3 and status.aborted >= 2, status
    assert {store.store for store in operator.stores(operators.Empty()).stores} == {"bank-a", "bank-b"}
    operator.transactions(operators.Empty())
    store_operator = ParticipantOperator.Client(participant._iprot)
    stores = store_operator.participant_status(operators.Empty()).stores
    assert [store.store for store in stores] == ["bank-a", "bank-b"], stores
    store_operator.locks(operators.StoreRequest(store="bank-a"))
    store_operator.branches(operators.StoreRequest(store="bank-a"))

    # What stores say to a coordinator. This is none: another log's, an opening that nobody accepted.
    another = wire.Registration(address=participant_address, log=identity + 1, epoch=lease.first.epoch, stores=[])
    faults(wire.FaultCode.CONFLICT, coordinator.register_stores, another)
    inquiry = wire.Inquiry(id=transaction_id(1), branch=touched[0].branch)
    told = coordinator.inquire(
        wire.InquiryRequest(store="bank-a", opening=1, seen_epoch=0, seen_nonce=0, inquiries=[inquiry])
    )
    assert told.answers[0].result == wire.InquiryResult.NOT_ACCEPTED, told
    view = coordinator.wound(wire.WoundRequest(store="bank-a", opening=1, id=transaction_id(1))).coordinator
    assert view.log == identity and view.epoch == lease.first.epoch, view

    # What coordinators say to a store, to an opening that this one is not, and to itself about an unknown transaction.
    unknown = transaction_id(9)
    of_unknown = dict(coordinator=view, store="bank-a", id=unknown, stores=["bank-a"])
    other, this = 1, stores[0].opening
    number = wire.BranchNumber(start=stores[0].start_number, counter=1000)
    whole = dict(begin_stamp=lease.begin_stamp, statements=[statement("SELECT 1")], timeout_ms=10000)
    decision = wire.Decision(id=unknown, branch=number, kind=wire.DecisionKind.ABORT, commit_position=0)

    def prepare_request(opening):
        return wire.PrepareRequest(**of_unknown, branch=number, statement_count=1, opening=opening)

    def decide_request(opening):
        return wire.DecideRequest(coordinator=view, store="bank-a", decisions=[decision], opening=opening)

    for method, request in (
        (participant.execute_and_prepare, wire.ExecuteAndPrepareRequest(**of_unknown, **whole, opening=other)),
        (participant.prepare, prepare_request(other)),
        (participant.decide, decide_request(other)),
    ):
        faults(wire.FaultCode.UNAVAILABLE, method, request)
    assert participant.prepare(prepare_request(this)).vote == wire.Vote.NO
    acknowledged = participant.decide(decide_request(this)).acknowledgements
    assert [each.kind for each in acknowledged] == [wire.AcknowledgementKind.DONE], acknowledged

    # What operators say about a transaction that is known, and about one that is not.
    assert operator.show(operators.ShowRequest(id=transaction_id(1))).id == transaction_id(1)
    faults(wire.FaultCode.NOT_FOUND, operator.show, operators.ShowRequest(id=unknown))
    resolution = operators.ResolveRequest(
        store="bank-a", id=unknown, decision=wire.DecisionKind.ABORT, reason="nobody has prepared it"
    )
    faults(wire.FaultCode.NOT_FOUND, store_operator.resolve, resolution)

    # What operators order of a store.
    schema = operators.ApplySchemaRequest(store="bank-a", text="CREATE TABLE notes (id INTEGER PRIMARY KEY)")
    assert store_operator.apply_schema(schema).version == 2
    assert store_operator.apply_schema(schema).applied_before
    broken = operators.ApplySchemaRequest(store="bank-a", text="CREATE TABEL")
    assert "line 1" in faults(wire.FaultCode.INVALID_ARGUMENT, store_operator.apply_schema, broken)
    acknowledgement = operators.AcknowledgeWriteRequest(store="bank-a", reason="nobody has written")
    faults(wire.FaultCode.CONFLICT, store_operator.acknowledge_write, acknowledgement)

    # What a store knows of a decision log: to the start that it follows, and not to an earlier one.
    assert this in {store.opening for store in stores} and identity in {log.log for log in stores[0].seen}, stores
    testimony = store_operator.testify(operators.TestifyRequest(store="bank-a", opening=this, coordinator=view))
    assert testimony.identity == stores[0].identity and not testimony.more, testimony
    view.epoch -= 1
    earlier = operators.TestifyRequest(store="bank-a", opening=this, coordinator=view)
    faults(wire.FaultCode.FENCED, store_operator.testify, earlier)

    # Failpoints, in builds that carry them; any other one does not know the method.
    failpoints = Failpoints.Client(coordinator._iprot)
    order = operators.FailpointRequest(name="stock.client", action=operators.FailpointAction.OFF, skip=0)
    for method, request in ((failpoints.arm, order), (failpoints.failpoints, operators.Empty())):
        try:
            assert "stock.client" in {each.name for each in method(request).failpoints}
        except TApplicationException as error:
            assert error.type == TApplicationException.UNKNOWN_METHOD, error

    # Faults are typed.
    assert "bank-z" in faults(wire.FaultCode.NOT_FOUND, coordinator.locate, wire.LocateRequest(store="bank-z"))
    stranger = connect(Coordinator, coordinator_address)
    newer = wire.HelloRequest(protocol_version=PROTOCOL_VERSION + 1, program="from the future")
    faults(wire.FaultCode.WRONG_VERSION, stranger.hello, newer)

    missing = {method for methods in CALLED.values() for method, calls in methods.items() if calls == 0}
    assert not missing, f"never called: {missing}"

    for daemon in (participant_daemon, coordinator_daemon):
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=60) == 0
    print("stock client: every method of every service answered")


main()

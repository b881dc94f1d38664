// Everything of Assent's client library: transactions that commit on every store they touched, or on none.
#pragma once

#include "assent/batch.h"
#include "assent/client.h"
#include "assent/errors.h"
#include "assent/isolation_level.h"
#include "assent/parameter.h"
#include "assent/result_set.h"
#include "assent/transaction.h"
#include "assent/transaction_outcome.h"

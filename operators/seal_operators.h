// The table of operators on seals and trips. A new operator is its file, its test, one line here, and one in the table of
// kinds (operators/catalog_table.cc).
#pragma once

#include "operators/clock_fault.h"
#include "operators/panic.h"
#include "operators/report_distance.h"
#include "operators/report_interval.h"
#include "operators/route_deviation.h"
#include "operators/seal_checks.h"
#include "operators/seal_condition.h"
#include "operators/seal_opened.h"
#include "operators/seal_removed.h"
#include "operators/seal_tampered.h"
#include "operators/seal_wrong_unlock.h"
#include "operators/second_placement.h"
#include "operators/service_quality.h"
#include "operators/signal_lost.h"
#include "operators/trip_delayed.h"
#include "operators/unauthorized_stop.h"
#include "operators/weight_difference.h"
#include "operators/zone_overstay.h"
#include "operators/zone_passage.h"

namespace vigia {

using SealOperators = OperatorSet<UnauthorizedStop, RouteDeviation, ReportDistance, ZoneEntered, ZoneLeft, ZoneOverstay,
                                  SealOpened, SealTampered, SealRemoved, SealWrongUnlock, SecondPlacement,
                                  SealCondition, SealPanic, ReportInterval, TripDelayed, SignalLost, WeightDifference,
                                  InspectionOffCamera, SealNumberMismatch, ServiceQuality, ClockFault>;

}  // namespace vigia

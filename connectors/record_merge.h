// The one order in which an epoch applies its records.
#pragma once

#include <vector>

#include "engine/record.h"

namespace vigia {

// Sorts the records of one partition number, given with each partition's records in offset order (in any interleaving):
// always the partition whose next record has the smallest (broker time, topic, partition) gives it. A partition's own
// records are never reordered, even when their broker times go back. The result depends on the set of records only, so
// a journalled epoch that is read again has the order of the first time.
void merge_records(std::vector<InputRecord>& records);

// Groups by partition number (ascending), each group merged as above.
void merge_by_partition(std::vector<InputRecord>& records);

}  // namespace vigia

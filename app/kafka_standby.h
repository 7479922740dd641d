// What standby copies need of Kafka: who is to keep which, and readers of their own, so that those of the tasks that are run
// here know nothing of it.
#pragma once

#include <span>
#include <vector>

#include "app/standby.h"
#include "connectors/kafka_journal.h"
#include "connectors/kafka_source.h"

namespace vigia {

class KafkaStandby {
 public:
  // `member` is in the group, and outlives it. `source`: as the member's. `exactly_once`: what is in the journal is public.
  KafkaStandby(KafkaSource& member, KafkaSourceOptions source, KafkaJournalOptions journal, bool exactly_once,
               InspectRecords inspect);

  [[nodiscard]] const StandbyParts& parts() const { return parts_; }

 private:
  [[nodiscard]] Status choose(StandbyChoice& choice);

  KafkaSource& member_;
  KafkaSourceOptions source_;
  KafkaJournal journal_;
  StandbyParts parts_;
};

}  // namespace vigia

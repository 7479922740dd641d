// `vigia report` as a user runs it, without a broker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Outcome {
  int exit_code = -1;
  std::string text;  // standard output and standard error
};

Outcome run(const std::string& arguments) {
  Outcome outcome;
  std::FILE* pipe = ::popen(("'" VIGIA_BINARY "' report " + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  char chunk[4096];
  for (std::size_t got = 0; (got = std::fread(chunk, 1, sizeof chunk, pipe)) > 0;) outcome.text.append(chunk, got);
  const int status = ::pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

// 2026-03-04T12:00Z is 1772625600000.
constexpr const char* day =
    R"({"topic":"trips","key":"S","timestamp_ms":1772625600000,"value":{"trip_id":"T-1","seal_id":"S","event_time_ms":1772625600000,"action":"start","manifest_id":"M-1","container_id":"C-1"}}
{"topic":"seals","key":"S","timestamp_ms":1772625660000,"value":{"seal_id":"S","device_time_ms":1772625660000,"sequence":1,"lock":"tampered"}}
{"topic":"trips","key":"S","timestamp_ms":1772629200000,"value":{"trip_id":"T-1","seal_id":"S","event_time_ms":1772629200000,"action":"finish"}}
{"topic":"doors","key":"gate","timestamp_ms":1772629200000,"value":{"door_id":"gate","device_time_ms":1772629200000,"sequence":1,"kind":"badge_granted","holder_id":"H-1","direction":"in"}}
)";

class ReportCommand : public testing::Test {
 protected:
  void SetUp() override {
    config = "--config '" + dir.write("p.yaml", R"(application: a
timezone: America/Guayaquil
sources:
  - { topic: seals, stream: seal, format: flatbuffers }
  - { topic: trips, stream: trip, format: flatbuffers }
  - { topic: doors, stream: access }
rules: [{ id: tampered, kind: seal_tampered }]
)") + "'";
    input = " --input '" + dir.write("day.jsonl", day) + "'";
  }

  test::TempDirectory dir;
  std::string config, input;
};

TEST_F(ReportCommand, MadeFromRecordedLinesWithoutABroker) {
  const Outcome daily = run("daily " + config + input + " --day 2026-03-05 --format csv --language es");
  EXPECT_EQ(daily.exit_code, 0) << daily.text;
  EXPECT_THAT(daily.text, HasSubstr("Manifiesto,Documento de transporte"));
  EXPECT_THAT(daily.text, HasSubstr("M-1,,,C-1,S,,,,1 h,2026-03-04 07:00:00,2026-03-04 08:00:00,"
                                    "terminado,T-1,2026-03-04 07:01:00 precinto violentado (confirmada)\r\n"));
  const Outcome file = run("file " + config + input + " --subject H-1 --day 2026-03-04 --format json");
  EXPECT_EQ(file.exit_code, 0) << file.text;
  EXPECT_THAT(file.text, HasSubstr(R"("time_ms":1772629200000,"kind":"badge granted","door_id":"gate")"));
}

TEST_F(ReportCommand, ADailyRecordIsOfTheDayBeforeItsEightOClock) {
  const Outcome before = run("daily " + config + input + " --day 2026-03-03");
  EXPECT_EQ(before.exit_code, 0) << before.text;
  EXPECT_THAT(before.text, Not(HasSubstr("T-1")));
  EXPECT_THAT(run("daily " + config + input + " --day 2026-03-04").text, HasSubstr("T-1"));
}

TEST_F(ReportCommand, GoesToAFile) {
  const Outcome outcome =
      run("soc " + config + input + " --day 2026-03-04 --format html --output '" + (dir / "soc.html") + "'");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  EXPECT_EQ(outcome.text, "");
  std::stringstream text;
  text << std::ifstream(dir / "soc.html").rdbuf();
  EXPECT_THAT(text.str(), AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr("seal tampered with")));
  EXPECT_EQ(run("soc " + config + input + " --output '" + (dir / "none/x.html") + "'").exit_code, 1);
}

TEST_F(ReportCommand, AllThatIsWrongIsSaidAtOnce) {
  const Outcome outcome = run("weekly --config nowhere.yaml --day 2026-02-30 --month May --format pdf --language de");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(
      outcome.text,
      AllOf(HasSubstr("found the report 'weekly', expected one of daily, providers, camera-failures, soc, "
                      "movements, file"),
            HasSubstr("found the format pdf, expected one of text, json, csv, html"),
            HasSubstr("found the language de, expected en or es"), HasSubstr("found several of --day"),
            HasSubstr("found the day 2026-02-30"), HasSubstr("found the month May"), HasSubstr("nowhere.yaml")));
}

TEST_F(ReportCommand, WhatIsMissingIsSaid) {
  for (const auto& [arguments, said] : {std::pair<std::string, const char*>{"daily", "--config"},
                                        {config, "kind"},
                                        {"file " + config + " --day 2026-03-04", "without --site or --subject"},
                                        {"file " + config + " --subject S", "found no period"},
                                        {"daily " + config + " --from 2026-03-04", "expected both"},
                                        {"daily " + config + " --until 5", "--input"},
                                        {"daily " + config + " --colour", "--colour"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr(said)) << arguments;
  }
}

TEST_F(ReportCommand, ASiteThatTheSiteFilesDoNotHaveIsWarnedOf) {
  const Outcome outcome = run("soc " + config + input + " --day 2026-03-04 --site port");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("vigia report: warning: the site files have no site port\n"));
}

TEST_F(ReportCommand, WithoutStoresOrInputItSaysWhere) {
  const Outcome nothing = run("daily " + config + " --day 2026-03-04");
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_THAT(nothing.text, HasSubstr("state/alerts: nothing has been stored there"));
  EXPECT_EQ(run("daily " + config + " --input nowhere.jsonl --day 2026-03-04").exit_code, 1);
  EXPECT_EQ(run("daily " + config + " --input '" + dir.write("bad.jsonl", "{\n") + "' --day 2026-03-04").exit_code, 1);
}

}  // namespace
}  // namespace vigia

#include "schemas/command_reader.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using schema::CommandAction;

TEST(CommandReader, Json) {
  schema::CommandT command;
  EXPECT_EQ(read_command(R"({"action":"acknowledge","alert_id":"a1","by":"guard-7","note":"seen","shift":2})", command),
            "");
  EXPECT_EQ(command.action, CommandAction::acknowledge);
  EXPECT_EQ(command.alert_id, "a1");
  EXPECT_EQ(command.by, "guard-7");
  EXPECT_EQ(command.note, "seen");
  EXPECT_EQ(read_command(R"({"action":"reload"})", command), "");
  EXPECT_EQ(command.action, CommandAction::reload);
  EXPECT_EQ(command.by, "") << "nothing of the one before";
}

TEST(CommandReader, FlatBuffers) {
  schema::CommandT written;
  written.action = CommandAction::false_positive;
  written.alert_id = "a1";
  flatbuffers::FlatBufferBuilder out;
  schema::FinishCommandBuffer(out, schema::Command::Pack(out, &written));
  std::string bytes(reinterpret_cast<const char*>(out.GetBufferPointer()), out.GetSize());
  schema::CommandT command;
  EXPECT_EQ(read_command(bytes, command), "");
  EXPECT_EQ(command, written);
  for (std::size_t kept = 0; kept <= bytes.size() / 2; ++kept)
    EXPECT_NE(read_command(bytes.substr(0, kept), command), "") << kept << " bytes of it";
}

TEST(CommandReader, WhatIsNoCommand) {
  schema::CommandT command;
  EXPECT_EQ(read_command("", command), "the record is empty");
  EXPECT_EQ(read_command("[1]", command), "the record is a list, expected an object");
  EXPECT_NE(read_command("{\"action\":", command), "");
  EXPECT_EQ(read_command("\xff", command), "the record is not valid UTF-8");
  EXPECT_EQ(read_command(R"({"action":7})", command), "action is 7, expected a text");
  EXPECT_EQ(read_command(R"({"action":"dance"})", command), "");
  EXPECT_EQ(command.action, CommandAction::unknown) << "of a newer producer";
}

}  // namespace
}  // namespace vigia

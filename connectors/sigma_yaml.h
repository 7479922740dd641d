// What reading Sigma files and their pipeline has in common: YAML nodes to what operators/sigma_modifiers.h takes.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/config_diagnostics.h"
#include "operators/sigma_modifiers.h"
#include "operators/sigma_rule.h"

namespace vigia {

class SigmaYaml {
 public:
  SigmaYaml(std::string file, Diagnostics& diagnostics) : file_(std::move(file)), diagnostics_(diagnostics) {}

  // All documents of a text; none, and a mistake noted, when it is no YAML.
  [[nodiscard]] std::vector<YAML::Node> parse(const std::string& text) const;

  // A map's members in their order; a key that comes twice or is no text is noted.
  struct Member {
    std::string key;
    int line = 0;
    YAML::Node value;
  };
  [[nodiscard]] std::vector<Member> members(const YAML::Node& map) const;

  // A scalar as text; a mistake when it is none or empty.
  [[nodiscard]] std::optional<std::string> text(const Member& member) const;
  // A text or a list of texts.
  [[nodiscard]] std::vector<std::string> texts(const Member& member) const;
  [[nodiscard]] bool flag(const Member& member) const;

  // A map of lines `field|modifiers: values`, all of which must hold.
  [[nodiscard]] SigmaExpression tests(const YAML::Node& map) const;
  // A list of maps, of which one must hold, or of keywords.
  [[nodiscard]] SigmaExpression selection(const YAML::Node& node) const;

  [[nodiscard]] std::optional<SigmaLogSource> logsource(const YAML::Node& node) const;

  void error(int line, std::string found, std::string expected) const {
    diagnostics_.error(file_, line, std::move(found), std::move(expected));
  }
  void warning(int line, std::string text) const { diagnostics_.warning(file_, line, std::move(text)); }
  [[nodiscard]] static int line_of(const YAML::Node& node) { return node.Mark().line + 1; }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  [[nodiscard]] std::optional<SigmaExpression> test(std::string_view key, int line, const YAML::Node& value) const;

  std::string file_;
  Diagnostics& diagnostics_;
};

}  // namespace vigia

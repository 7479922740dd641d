#include "operators/sigma_json.h"

namespace vigia {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

class Walk {
 public:
  Walk(const SigmaFields& fields, bool all_texts, SigmaEvent& event)
      : fields_(fields), all_texts_(all_texts), event_(event) {}

  void object(simdjson::dom::object members, int node) {
    for (const auto member : members) {
      const int child = node == SigmaFields::nothing ? node : fields_.child(node, member.key);
      if (child != SigmaFields::nothing || all_texts_) value(member.value, child);
    }
  }

 private:
  void value(element at, int node) {
    const int field = node == SigmaFields::nothing ? node : fields_.field_at(node);
    switch (at.type()) {
      case element_type::OBJECT:
        if (field != SigmaFields::nothing) event_.add_object(field);
        object(simdjson::dom::object(at.get_object().value_unsafe()), node);
        return;
      case element_type::ARRAY: {
        const simdjson::dom::array items = at.get_array().value_unsafe();
        for (const auto item : items) value(item, node);
        return;
      }
      case element_type::STRING: {
        const std::string_view text = at.get_string().value_unsafe();
        if (field != SigmaFields::nothing || all_texts_) event_.add_text(field, text);
        return;
      }
      default: break;
    }
    if (field == SigmaFields::nothing) return;
    switch (at.type()) {
      case element_type::INT64: return event_.add_number(field, at.get_int64().value_unsafe());
      case element_type::UINT64: return event_.add_number(field, at.get_uint64().value_unsafe());
      case element_type::DOUBLE: return event_.add_number(field, at.get_double().value_unsafe());
      case element_type::BOOL: return event_.add_boolean(field, at.get_bool().value_unsafe());
      default: return event_.add_null(field);
    }
  }

  const SigmaFields& fields_;
  bool all_texts_;
  SigmaEvent& event_;
};

}  // namespace

void read_sigma_json(simdjson::dom::object object, const SigmaFields& fields, bool all_texts, SigmaEvent& event) {
  event.begin(fields, all_texts);
  Walk(fields, all_texts, event).object(object, SigmaFields::root);
}

}  // namespace vigia

// How a report is drawn, whatever it is about.
#include "app/report_render.h"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace vigia {
namespace {

Report sample() {
  Report report;
  report.name = "sample";
  report.title = "Título <1>";
  report.language = "es";
  report.head = {{{"site", "Recinto"}, {"puerto & más", {}}}};
  Table table;
  table.name = "things";
  table.title = "Cosas";
  table.columns = {{"name", "Nombre"}, {"count", "Número"}, {"length_ms", "Duración"}};
  table.rows = {{{"ñandú", {}}, {"12", std::int64_t{12}}, {"2 h", std::int64_t{7'200'000}}},
                {{"=1+1, \"x\"\n<b>", {}}, {"0.5000", 0.5}, {}}};
  table.notes = {"'nota'"};
  Table empty;
  empty.name = "none";
  empty.title = "Nada";
  empty.columns = {{"a", "A"}, {"b", "B"}};
  report.tables = {table, empty};
  return report;
}

TEST(ReportRender, AsText) {
  EXPECT_EQ(report_text(sample()), R"(Título <1>
Recinto: puerto & más

Cosas
Nombre         Número  Duración
-------------  ------  --------
ñandú              12  2 h
=1+1, "x" <b>  0.5000
* 'nota'

Nada
A  B
-  -
)");
}

TEST(ReportRender, AsCsv) {
  EXPECT_EQ(report_csv(sample()),
            "Nombre,Número,Duración\r\n"
            "ñandú,12,2 h\r\n"
            "\"'=1+1, \"\"x\"\"\n<b>\",0.5000,\r\n"
            "\r\n"
            "A,B\r\n");
}

TEST(ReportRender, AsJson) {
  const std::string text = report_json(sample());
  EXPECT_EQ(text, R"({"report":"sample","title":"Título <1>","language":"es","head":{"site":"puerto & más"},"tables":[)"
                  R"({"name":"things","title":"Cosas","rows":[{"name":"ñandú","count":12,"length_ms":7200000},)"
                  R"({"name":"=1+1, \"x\"\n<b>","count":0.5}],"notes":["'nota'"]},)"
                  R"({"name":"none","title":"Nada","rows":[],"notes":[]}]})"
                  "\n");
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(text).error(), simdjson::SUCCESS);
}

TEST(ReportRender, AsAPageEverythingIsEscapedAndNothingIsFromElsewhere) {
  const std::string text = report_html(sample());
  const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(text.starts_with("<!DOCTYPE html>\n<html lang=\"es\">"));
  EXPECT_TRUE(text.ends_with("</body>\n</html>\n"));
  EXPECT_TRUE(has("<h1>Título &lt;1&gt;</h1>"));
  EXPECT_TRUE(has("<dt>Recinto</dt><dd>puerto &amp; más</dd>"));
  EXPECT_TRUE(has("<tr><td>ñandú</td><td class=\"number\">12</td><td class=\"number\">2 h</td></tr>"));
  EXPECT_TRUE(has("<td>=1+1, &quot;x&quot;\n&lt;b&gt;</td>"));
  EXPECT_TRUE(has("<p>&#39;nota&#39;</p>"));
  EXPECT_TRUE(has("@page"));
  EXPECT_FALSE(has("<script"));
  EXPECT_FALSE(has("http"));
}

}  // namespace
}  // namespace vigia

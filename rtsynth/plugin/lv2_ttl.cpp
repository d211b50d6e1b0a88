/// `lv2_ttl FOLDER` writes the description of the LV2 bundle there: manifest.ttl, rtsynth.ttl and
/// presets.ttl, from the tables that the module is built from.

#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include "host_parameters.h"
#include "lv2_names.h"
#include "lv2_ttl_text.h"
#include "preset_table.h"

namespace rtsynth::plugin {
namespace {

using Text = std::string_view;

std::string quoted(Text text) {
  std::string made = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') made += '\\';
    made += letter;
  }
  return made + '"';
}

/// As short as it can be, without the locale.
std::string number(double value) {
  std::array<char, 64> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(),
                                          static_cast<float>(value), std::chars_format::fixed);
  return error == std::errc() ? std::string(text.data(), end) : "0";
}

/// As a symbol may be written: small letters, digits and underscores.
std::string symbol_of(Text name) {
  std::string symbol(name);
  for (char& letter : symbol) {
    const auto code = static_cast<unsigned char>(letter);
    letter = std::isalnum(code) != 0 ? static_cast<char>(std::tolower(code)) : '_';
  }
  return symbol;
}

std::string uri_of(Text kind, Text name) {
  return '<' + std::string(kLv2Uri) + '#' + std::string(kind) + '_' + symbol_of(name) + '>';
}

/// What LV2 calls a unit; those that it does not know are described on the spot.
std::string unit_of(Text unit) {
  constexpr std::array<std::array<Text, 2>, 6> kKnown = {{{"dB", "units:db"},
                                                          {"Hz", "units:hz"},
                                                          {"semitones", "units:semitone12TET"},
                                                          {"cents", "units:cent"},
                                                          {"s", "units:s"},
                                                          {"ms", "units:ms"}}};
  for (const auto& [ours, theirs] : kKnown) {
    if (unit == ours) return std::string(theirs);
  }
  return "[ a units:Unit ; rdfs:label " + quoted(unit) + " ; units:symbol " + quoted(unit) +
         " ; units:render " + quoted("%f " + std::string(unit)) + " ]";
}

/// Where the ends are far apart a knob goes by ratios.
bool goes_by_ratios(const HostParameter& parameter) {
  return parameter.low > 0.0 && parameter.high >= 20.0 * parameter.low;
}

std::string port_of(const HostParameter& parameter, std::size_t index) {
  std::string text = " , [\n\t\ta lv2:InputPort , lv2:ControlPort ;\n";
  const auto line = [&](Text words) { text += "\t\t" + std::string(words) + " ;\n"; };
  line("lv2:index " + std::to_string(kLv2Parameters + index));
  line("lv2:symbol " + quoted(parameter.name));
  line("lv2:name " + quoted(parameter.label));
  line("pg:group " + uri_of("group", parameter.group));
  if (*parameter.unit != '\0') line("units:unit " + unit_of(parameter.unit));
  if (parameter.whole) line("lv2:portProperty lv2:integer");
  if (goes_by_ratios(parameter)) line("lv2:portProperty pprop:logarithmic");
  if (parameter.is_switch) {
    line("lv2:portProperty lv2:toggled");
    line(
        "lv2:scalePoint [ rdfs:label \"off\" ; rdf:value 0 ] , [ rdfs:label \"on\" ; rdf:value 1 "
        "]");
  }
  line("lv2:default " + number(parameter.preset));
  line("lv2:minimum " + number(parameter.low));
  return text + "\t\tlv2:maximum " + number(parameter.high) + "\n\t]";
}

std::string groups() {
  std::string text;
  std::set<Text> known;
  for (const HostParameter& parameter : host_parameters()) {
    if (!known.insert(parameter.group).second) continue;
    const std::string symbol = symbol_of(parameter.group);
    text += uri_of("group", parameter.group) + "\n\ta pg:Group , pg:InputGroup ;\n\tlv2:name " +
            quoted(parameter.group) + " ;\n\tlv2:symbol " + quoted(symbol) + " .\n\n";
  }
  return text;
}

std::string plugin() {
  std::string text = std::string(kPrefixes) + std::string(kAbout) + groups() + std::string(kPlugin);
  const auto parameters = host_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) text += port_of(parameters[i], i);
  return text + " .\n";
}

std::string manifest() {
  std::string text(kPrefixes);
  text += '<' + std::string(kLv2Uri) + ">\n\ta lv2:Plugin ;\n\tlv2:binary <" + kLv2Binary +
          "> ;\n\trdfs:seeAlso <rtsynth.ttl> .\n";
  for (const BundledPreset& preset : kBundledPresets) {
    text += '\n' + uri_of("preset", preset.name) + "\n\ta pset:Preset ;\n\tlv2:appliesTo <" +
            kLv2Uri + "> ;\n\trdfs:seeAlso <presets.ttl> .\n";
  }
  return text;
}

/// Which timbre a preset brings its own words say, not these.
bool is_of_timbre(const HostParameter& parameter) {
  const Text name = parameter.name;
  return name == "timbre_x" || name == "timbre_y" || name == "program";
}

/// A host moves its knobs to where the preset has them, and the module knows that it will.
std::string preset_text(const BundledPreset& preset) {
  std::string ports;
  std::string known;
  for (const HostParameter& parameter : host_parameters()) {
    if (is_of_timbre(parameter)) continue;
    double value = parameter.preset;
    for (const PresetValue& set : preset.values) {
      if (Text(set.name) == parameter.name) value = set.value;
    }
    ports += (ports.empty() ? "" : " , ") + std::string("[\n\t\tlv2:symbol ") +
             quoted(parameter.name) + " ;\n\t\tpset:value " + number(value) + "\n\t]";
    known += (known.empty() ? "" : " ") + std::string(parameter.name) + ' ' + number(value);
  }
  return uri_of("preset", preset.name) + "\n\ta pset:Preset ;\n\tlv2:appliesTo <" + kLv2Uri +
         "> ;\n\trdfs:label " + quoted(preset.name) + " ;\n\trdfs:comment " + quoted(preset.about) +
         " ;\n\tstate:state [\n\t\t<" + kLv2PresetUri + "> " + quoted(preset.name) + " ;\n\t\t<" +
         kLv2PortsUri + "> " + quoted(known) + "\n\t] ;\n\tlv2:port " + ports + " .\n\n";
}

std::string presets() {
  std::string text(kPrefixes);
  for (const BundledPreset& preset : kBundledPresets) text += preset_text(preset);
  return text;
}

bool write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "lv2_ttl: cannot write %s\n", path.c_str());
  return static_cast<bool>(file);
}

}  // namespace

bool write_bundle(const std::string& folder) {
  return write(folder + "/manifest.ttl", manifest()) && write(folder + "/rtsynth.ttl", plugin()) &&
         write(folder + "/presets.ttl", presets());
}

}  // namespace rtsynth::plugin

int main(int count, char** words) {
  if (count == 2) return rtsynth::plugin::write_bundle(words[1]) ? 0 : 1;
  std::fprintf(stderr, "usage: lv2_ttl FOLDER\n");
  return 2;
}

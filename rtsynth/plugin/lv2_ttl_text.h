/// What of the LV2 bundle's description is the same whatever the parameters are.
#pragma once

#include <string_view>

namespace rtsynth::plugin {

inline constexpr std::string_view kPrefixes = R"(@prefix atom:  <http://lv2plug.in/ns/ext/atom#> .
@prefix bufsz: <http://lv2plug.in/ns/ext/buf-size#> .
@prefix doap:  <http://usefulinc.com/ns/doap#> .
@prefix log:   <http://lv2plug.in/ns/ext/log#> .
@prefix lv2:   <http://lv2plug.in/ns/lv2core#> .
@prefix midi:  <http://lv2plug.in/ns/ext/midi#> .
@prefix opts:  <http://lv2plug.in/ns/ext/options#> .
@prefix pg:    <http://lv2plug.in/ns/ext/port-groups#> .
@prefix pprop: <http://lv2plug.in/ns/ext/port-props#> .
@prefix pset:  <http://lv2plug.in/ns/ext/presets#> .
@prefix rdf:   <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs:  <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rsz:   <http://lv2plug.in/ns/ext/resize-port#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .
@prefix time:  <http://lv2plug.in/ns/ext/time#> .
@prefix units: <http://lv2plug.in/ns/extensions/units#> .
@prefix urid:  <http://lv2plug.in/ns/ext/urid#> .

)";

// A new port or property raises the second number, all else the third; hosts load the newest.
inline constexpr std::string_view kAbout = R"(<urn:rtsynth:instrument#preset>
	a lv2:Parameter ;
	rdfs:label "preset" ;
	rdfs:range atom:String .

<urn:rtsynth:instrument#ports>
	a lv2:Parameter ;
	rdfs:label "where the host's knobs stand" ;
	rdfs:range atom:String .

<urn:rtsynth:instrument#state>
	a lv2:Parameter ;
	rdfs:label "state" ;
	rdfs:range atom:Chunk .

<http://kx.studio/ns/lv2ext/control-input-port-change-request>
	a lv2:Feature .

<urn:rtsynth:instrument#group_output>
	a pg:StereoGroup , pg:OutputGroup ;
	lv2:name "Output" ;
	lv2:symbol "output" .

)";

inline constexpr std::string_view kPlugin = R"(<urn:rtsynth:instrument>
	a lv2:Plugin , lv2:InstrumentPlugin ;
	doap:name "rtsynth" ;
	doap:license <http://usefulinc.com/doap/licenses/mit> ;
	rdfs:comment "A neural instrument that is played live: MIDI in, generated sound out" ;
	lv2:minorVersion 2 ;
	lv2:microVersion 0 ;
	lv2:requiredFeature urid:map ;
	lv2:optionalFeature lv2:hardRTCapable , state:threadSafeRestore , log:log , opts:options ,
		<http://kx.studio/ns/lv2ext/control-input-port-change-request> ;
	lv2:extensionData state:interface , opts:interface ;
	opts:supportedOption bufsz:maxBlockLength ;
	pg:mainOutput <urn:rtsynth:instrument#group_output> ;
	lv2:port [
		a lv2:InputPort , atom:AtomPort ;
		lv2:index 0 ;
		lv2:symbol "control" ;
		lv2:name "Control" ;
		lv2:designation lv2:control ;
		atom:bufferType atom:Sequence ;
		atom:supports midi:MidiEvent , time:Position ;
		rsz:minimumSize 32768
	] , [
		a lv2:OutputPort , atom:AtomPort ;
		lv2:index 1 ;
		lv2:symbol "notify" ;
		lv2:name "Notify" ;
		lv2:designation lv2:control ;
		atom:bufferType atom:Sequence ;
		atom:supports state:StateChanged
	] , [
		a lv2:OutputPort , lv2:AudioPort ;
		lv2:index 2 ;
		lv2:symbol "left" ;
		lv2:name "Left" ;
		lv2:designation pg:left ;
		pg:group <urn:rtsynth:instrument#group_output>
	] , [
		a lv2:OutputPort , lv2:AudioPort ;
		lv2:index 3 ;
		lv2:symbol "right" ;
		lv2:name "Right" ;
		lv2:designation pg:right ;
		pg:group <urn:rtsynth:instrument#group_output>
	] , [
		a lv2:OutputPort , lv2:ControlPort ;
		lv2:index 4 ;
		lv2:symbol "latency" ;
		lv2:name "Latency" ;
		lv2:designation lv2:latency ;
		lv2:portProperty lv2:reportsLatency , lv2:integer ;
		lv2:default 0 ;
		lv2:minimum 0 ;
		lv2:maximum 1 ;
		units:unit units:frame
	] , [
		a lv2:InputPort , lv2:ControlPort ;
		lv2:index 5 ;
		lv2:symbol "freewheel" ;
		lv2:name "Freewheel" ;
		lv2:designation lv2:freeWheeling ;
		lv2:portProperty lv2:toggled , pprop:notOnGUI ;
		lv2:default 0 ;
		lv2:minimum 0 ;
		lv2:maximum 1
	])";

}  // namespace rtsynth::plugin

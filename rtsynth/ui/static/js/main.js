// Everything the page is made of, and the connection that brings it to life.

import "./news.js";
import "./sliders.js";
import "./setup.js";
import "./meters.js";
import "./spectrogram.js";
import "./keyboard.js";
import "./typing.js";
import "./map.js";
import "./hands.js";
import "./layers.js";
import "./tuning.js";
import "./presets.js";
import "./rooms.js";
import "./plugins.js";
import { connect } from "./link.js";

connect();

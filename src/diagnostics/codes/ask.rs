//! Codes E13xx: asking an AI.

codes! { Ask;
    E1301 "a provider cannot be reached";
    E1302 "there is no terminal for the person who is to answer";
    E1303 "a question was not answered in time";
    E1304 "no answer was given";
    E1305 "a cassette has no answer to a question";
    E1306 "a cassette cannot be read";
    E1307 "a line of a cassette cannot be used";
    E1308 "a cassette cannot be written";
    E1309 "a provider is unknown";
    E1310 "this run makes no call of an AI";
    E1311 "an answer does not satisfy its type";
}

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
    E1321 "a provider has no key";
    E1322 "a provider does not accept the key or the account";
    E1323 "a provider does not accept the request";
    E1324 "a provider is busy or has trouble";
    E1325 "a model refused to answer";
    E1326 "the reply of a provider cannot be read";
    E1327 "an answer was cut off at its greatest length";
    E1328 "a limit on cost is reached";
    E1329 "the price of a model is not known";
    E1330 "a provider has to be told which model answers";
    E1331 "a key may not be sent to this server";
    E1332 "the `claude` command line cannot be used";
    E1334 "a provider calls no tools";
    E1341 "the turns of a conversation ran out";
    E1342 "a conversation was ended without an accepted answer";
    E1350 "there is no such tool";
    E1351 "the program of an agent did something without asking";
    E1352 "a tool call of an agent was refused";
    E1353 "the program of an agent cannot be understood";
    E1354 "an agent keeps asking for what it may not do";
    E1355 "nobody saw how a tool call ended";
}

using System.Text;
using System.Text.Json.Nodes;
using Understudy.Calls;
using Understudy.Gateway.Tests.Support;

namespace Understudy.Gateway.Tests.Moving;

/// <summary>
/// An agent that speaks one protocol and keeps its history as that protocol's clients do: what came is put back as it
/// came, reasoning and signatures included. It runs the tools it is asked to run, and fails at one of them.
/// </summary>
internal abstract class ScriptedAgent(Uri gateway, bool stream)
{
    /// <summary>The picture that it shows.</summary>
    public const string Picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+M8AAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

    protected const string WeatherSchema = """{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}""";
    protected const string TimeSchema = """{"type":"object","properties":{}}""";

    /// <summary>Everything that the protocol keeps of the conversation.</summary>
    protected JsonArray History { get; } = [];

    protected bool Stream => stream;

    /// <summary>What its requests ask for besides words.</summary>
    public Wish Wish { get; init; } = Wish.Everything;

    /// <summary>Whether any answer came with its reasoning.</summary>
    public abstract bool SawThoughts { get; }

    public static ScriptedAgent Of(WireProtocol protocol, Uri gateway, bool stream, Wish? wish = null) => protocol switch
    {
        WireProtocol.AnthropicMessages => new AnthropicAgent(gateway, stream) { Wish = wish ?? Wish.Everything },
        WireProtocol.OpenAIChat => new ChatAgent(gateway, stream) { Wish = wish ?? Wish.Everything },
        WireProtocol.OpenAIResponses => new ResponsesAgent(gateway, stream) { Wish = wish ?? Wish.Everything },
        WireProtocol.InProcess => throw new ArgumentOutOfRangeException(nameof(protocol)),
        WireProtocol.Gemini => new GeminiAgent(gateway, stream) { Wish = wish ?? Wish.Everything },
    };

    /// <summary>The user says something, perhaps with a picture.</summary>
    public void Hear(string text, bool withPicture) => AddUser(text, withPicture ? Picture : null);

    /// <summary>Asks the next of the route's models; keeps its answer, and the results of what it called.</summary>
    /// <returns>Whether tools were called, so that the turn goes on; and the text.</returns>
    public async Task<(bool Goes, string Text)> StepAsync(string route)
    {
        var response = await AskAsync(route);
        Assert.True(response.Status == 200, $"{GetType().Name} at {route}: {response.Status} {response.Text}\nafter {History.ToJsonString()}");
        // Another model of the client's own protocol gets the client's bytes first, and may want them adapted.
        Assert.InRange(int.Parse(response["x-understudy-attempts"]!, System.Globalization.CultureInfo.InvariantCulture), 1, SpeaksLike(route) ? 2 : 1);
        var (calls, text) = Take(response.Text);
        if (calls.Count > 0) AddResults(calls);
        return (calls.Count > 0, text);
    }

    /// <summary>Asks the next of the route's models, and keeps nothing yet.</summary>
    public async Task<RawResponse> AskAsync(string route)
    {
        var request = Request();
        if (!Wish.Tools) request.Remove("tools");
        if (!Wish.Thinking) DoNotThink(request);
        if (Wish.Schema is { } schema) Form(request, schema);
        return await RawClient.PostAsync(gateway, Path, request.ToJsonString(), $"x-understudy-route: {route}\r\n");
    }

    /// <summary>Keeps an answer, and the results of what it called.</summary>
    public (IReadOnlyList<string> Called, string Text) Keep(RawResponse response)
    {
        var (calls, text) = Take(response.Text);
        if (calls.Count > 0) AddResults(calls);
        return ([.. calls.Select(call => call.Name)], text);
    }

    /// <summary>Whether an answer was told to have ended, and not by an error.</summary>
    public bool IsWhole(RawResponse response) => response.Status == 200 && (!Stream || response.Text.Contains(Ending, StringComparison.Ordinal));

    /// <summary>What a stream of this protocol ends with, and only a whole one.</summary>
    protected abstract string Ending { get; }

    /// <summary>Takes the wish for reasoning out of a request.</summary>
    protected virtual void DoNotThink(JsonObject request)
    {
    }

    /// <summary>Asks for an answer of a form.</summary>
    protected abstract void Form(JsonObject request, string schema);

    /// <summary>Whether a route's vendor is asked in this client's own protocol.</summary>
    protected abstract bool SpeaksLike(string route);

    protected abstract string Path { get; }

    protected abstract JsonObject Request();

    protected abstract void AddUser(string text, string? picture);

    protected abstract void AddResults(IReadOnlyList<Called> calls);

    /// <summary>Keeps an answer.</summary>
    protected abstract (IReadOnlyList<Called> Calls, string Text) Take(string body);

    /// <summary>What a tool says; the first of several fails.</summary>
    public string ResultOf(int index, int count) => Fails(index, count) ? "timeout" : $"21 C, call {index}";

    protected bool Fails(int index, int count) => Wish.ToolFails && count > 1 && index == 0;

    protected static IEnumerable<JsonObject> Events(string body) => body.Split('\n')
        .Where(line => line.StartsWith("data: {", StringComparison.Ordinal))
        .Select(line => (JsonObject)JsonNode.Parse(line[6..])!);

    protected sealed record Called(string? Id, string Name);
}

/// <summary>What an agent's requests ask for besides words.</summary>
/// <param name="Tools">Offers its tools.</param>
/// <param name="Thinking">Wants the reasoning, and to see it.</param>
/// <param name="Schema">The form of the answer; null for free text.</param>
/// <param name="ToolFails">The first of several tools fails, and says so.</param>
internal sealed record Wish(bool Tools = false, bool Thinking = false, string? Schema = null, bool ToolFails = false)
{
    public static Wish Everything { get; } = new(Tools: true, Thinking: true, ToolFails: true);
}

internal sealed class AnthropicAgent(Uri gateway, bool stream) : ScriptedAgent(gateway, stream)
{
    protected override bool SpeaksLike(string route) => route == "claude";

    public override bool SawThoughts => History.OfType<JsonObject>().SelectMany(turn => turn["content"] as JsonArray ?? []).Any(block => (string?)block!["thinking"] is { Length: > 0 });

    protected override string Ending => "event: message_stop";

    protected override void DoNotThink(JsonObject request) => request.Remove("thinking");

    protected override void Form(JsonObject request, string schema) =>
        request["output_config"] = new JsonObject { ["format"] = new JsonObject { ["type"] = "json_schema", ["schema"] = JsonNode.Parse(schema) } };

    protected override string Path => "/v1/messages";

    protected override JsonObject Request() => new()
    {
        ["model"] = "m",
        ["max_tokens"] = 4096,
        ["stream"] = Stream,
        ["system"] = "You are an agent.",
        ["thinking"] = new JsonObject { ["type"] = "enabled", ["budget_tokens"] = 1024 },
        ["tools"] = new JsonArray(
            new JsonObject { ["name"] = "get_weather", ["description"] = "Weather.", ["input_schema"] = JsonNode.Parse(WeatherSchema) },
            new JsonObject { ["name"] = "get_time", ["input_schema"] = JsonNode.Parse(TimeSchema) }),
        ["messages"] = History.DeepClone(),
    };

    protected override void AddUser(string text, string? picture)
    {
        var content = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text });
        if (picture is not null) content.Insert(0, JsonNode.Parse($$$"""{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{{picture}}}"}}"""));
        History.Add(new JsonObject { ["role"] = "user", ["content"] = content });
    }

    protected override void AddResults(IReadOnlyList<Called> calls) => History.Add(new JsonObject
    {
        ["role"] = "user",
        ["content"] = new JsonArray([.. calls.Select((call, i) => new JsonObject
        {
            ["type"] = "tool_result",
            ["tool_use_id"] = call.Id,
            ["is_error"] = Fails(i, calls.Count),
            ["content"] = ResultOf(i, calls.Count),
        })]),
    });

    protected override (IReadOnlyList<Called> Calls, string Text) Take(string body)
    {
        var content = Stream ? Join(body) : (JsonArray)JsonNode.Parse(body)!["content"]!.DeepClone();
        History.Add(new JsonObject { ["role"] = "assistant", ["content"] = content });
        var blocks = content.Cast<JsonObject>().ToList();
        return ([.. blocks.Where(block => (string?)block["type"] == "tool_use").Select(block => new Called((string?)block["id"], (string)block["name"]!))],
            string.Concat(blocks.Where(block => (string?)block["type"] == "text").Select(block => (string?)block["text"])));
    }

    private static JsonArray Join(string body)
    {
        var content = new JsonArray();
        var input = new StringBuilder();
        foreach (var data in Events(body))
        {
            switch ((string)data["type"]!)
            {
                case "content_block_start":
                    Assert.Equal(content.Count, (int)data["index"]!);
                    content.Add(data["content_block"]!.DeepClone());
                    input.Clear();
                    break;
                case "content_block_delta":
                    var block = (JsonObject)content[^1]!;
                    var delta = data["delta"]!;
                    if ((string?)delta["type"] == "input_json_delta") input.Append((string?)delta["partial_json"]);
                    foreach (var field in (string[])["text", "thinking", "signature"])
                    {
                        if (delta[field] is { } piece) block[field] = (string?)block[field] + (string?)piece;
                    }

                    break;
                case "content_block_stop" when (string?)content[^1]!["type"] == "tool_use":
                    content[^1]!["input"] = JsonNode.Parse(input.Length == 0 ? "{}" : input.ToString());
                    break;
            }
        }

        return content;
    }
}

internal sealed class ChatAgent(Uri gateway, bool stream) : ScriptedAgent(gateway, stream)
{
    protected override bool SpeaksLike(string route) => route == "chat";

    public override bool SawThoughts => false; // the protocol has no place for them

    protected override string Ending => "data: [DONE]";

    protected override void Form(JsonObject request, string schema) =>
        request["response_format"] = new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = "form", ["strict"] = true, ["schema"] = JsonNode.Parse(schema) } };

    protected override string Path => "/v1/chat/completions";

    protected override JsonObject Request() => new()
    {
        ["model"] = "m",
        ["stream"] = Stream,
        ["tools"] = new JsonArray(
            new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = "get_weather", ["description"] = "Weather.", ["parameters"] = JsonNode.Parse(WeatherSchema) } },
            new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = "get_time", ["parameters"] = JsonNode.Parse(TimeSchema) } }),
        ["messages"] = new JsonArray([new JsonObject { ["role"] = "system", ["content"] = "You are an agent." }, .. History.Select(message => message!.DeepClone())]),
    };

    protected override void AddUser(string text, string? picture)
    {
        var content = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text });
        if (picture is not null) content.Add(new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = "data:image/png;base64," + picture } });
        History.Add(new JsonObject { ["role"] = "user", ["content"] = content });
    }

    protected override void AddResults(IReadOnlyList<Called> calls)
    {
        foreach (var (i, call) in calls.Index()) History.Add(new JsonObject { ["role"] = "tool", ["tool_call_id"] = call.Id, ["content"] = ResultOf(i, calls.Count) });
    }

    protected override (IReadOnlyList<Called> Calls, string Text) Take(string body)
    {
        var message = Stream ? Join(body) : (JsonObject)JsonNode.Parse(body)!["choices"]![0]!["message"]!.DeepClone();
        foreach (var extra in (string[])["annotations", "reasoning_content", "refusal"]) message.Remove(extra);
        History.Add(message);
        return ([.. (message["tool_calls"] as JsonArray ?? []).Select(call => new Called((string?)call!["id"], (string)call["function"]!["name"]!))], (string?)message["content"] ?? "");
    }

    private static JsonObject Join(string body)
    {
        string? text = null;
        var calls = new JsonArray();
        foreach (var delta in Events(body).Select(data => (data["choices"] as JsonArray)?.FirstOrDefault()?["delta"]))
        {
            if ((string?)delta?["content"] is { Length: > 0 } piece) text += piece;
            foreach (var call in delta?["tool_calls"] as JsonArray ?? [])
            {
                if ((int)call!["index"]! == calls.Count)
                {
                    var begun = (JsonObject)call.DeepClone();
                    begun.Remove("index");
                    calls.Add(begun);
                }
                else
                {
                    var function = calls[(int)call["index"]!]!["function"]!;
                    function["arguments"] = (string?)function["arguments"] + (string?)call["function"]!["arguments"];
                }
            }
        }

        var message = new JsonObject { ["role"] = "assistant", ["content"] = text };
        if (calls.Count > 0) message["tool_calls"] = calls;
        return message;
    }
}

internal sealed class ResponsesAgent(Uri gateway, bool stream) : ScriptedAgent(gateway, stream)
{
    protected override bool SpeaksLike(string route) => route is "responses" or "chat";

    public override bool SawThoughts => History.OfType<JsonObject>().Any(item => (string?)item["type"] == "reasoning" && item["summary"] is JsonArray { Count: > 0 });

    protected override string Ending => "event: response.completed";

    protected override void DoNotThink(JsonObject request) => request.Remove("reasoning");

    protected override void Form(JsonObject request, string schema) =>
        request["text"] = new JsonObject { ["format"] = new JsonObject { ["type"] = "json_schema", ["name"] = "form", ["strict"] = true, ["schema"] = JsonNode.Parse(schema) } };

    protected override string Path => "/v1/responses";

    protected override JsonObject Request() => new()
    {
        ["model"] = "m",
        ["stream"] = Stream,
        ["store"] = false,
        ["instructions"] = "You are an agent.",
        ["include"] = new JsonArray("reasoning.encrypted_content"),
        ["reasoning"] = new JsonObject { ["effort"] = "low", ["summary"] = "auto" },
        ["tools"] = new JsonArray(
            new JsonObject { ["type"] = "function", ["name"] = "get_weather", ["description"] = "Weather.", ["strict"] = false, ["parameters"] = JsonNode.Parse(WeatherSchema) },
            new JsonObject { ["type"] = "function", ["name"] = "get_time", ["strict"] = false, ["parameters"] = JsonNode.Parse(TimeSchema) }),
        ["input"] = History.DeepClone(),
    };

    protected override void AddUser(string text, string? picture)
    {
        var content = new JsonArray(new JsonObject { ["type"] = "input_text", ["text"] = text });
        if (picture is not null) content.Add(new JsonObject { ["type"] = "input_image", ["image_url"] = "data:image/png;base64," + picture });
        History.Add(new JsonObject { ["role"] = "user", ["content"] = content });
    }

    protected override void AddResults(IReadOnlyList<Called> calls)
    {
        foreach (var (i, call) in calls.Index()) History.Add(new JsonObject { ["type"] = "function_call_output", ["call_id"] = call.Id, ["output"] = ResultOf(i, calls.Count) });
    }

    protected override (IReadOnlyList<Called> Calls, string Text) Take(string body)
    {
        var items = Stream
            ? Events(body).Where(data => (string?)data["type"] == "response.output_item.done").Select(data => (JsonObject)data["item"]!.DeepClone()).ToList()
            : ((JsonArray)JsonNode.Parse(body)!["output"]!).Select(item => (JsonObject)item!.DeepClone()).ToList();
        foreach (var item in items) History.Add(item);
        return ([.. items.Where(item => (string?)item["type"] == "function_call").Select(item => new Called((string?)item["call_id"], (string)item["name"]!))],
            string.Concat(items.Where(item => (string?)item["type"] == "message").SelectMany(item => (JsonArray)item["content"]!).Select(part => (string?)part!["text"])));
    }
}

internal sealed class GeminiAgent(Uri gateway, bool stream) : ScriptedAgent(gateway, stream)
{
    protected override bool SpeaksLike(string route) => route == "gemini";

    public override bool SawThoughts => History.OfType<JsonObject>().SelectMany(turn => turn["parts"] as JsonArray ?? []).Any(part => (bool?)part!["thought"] == true);

    protected override string Ending => "\"finishReason\"";

    protected override void DoNotThink(JsonObject request) => request.Remove("generationConfig");

    protected override void Form(JsonObject request, string schema)
    {
        var config = request["generationConfig"] as JsonObject ?? [];
        config["responseMimeType"] = "application/json";
        config["responseJsonSchema"] = JsonNode.Parse(schema);
        request["generationConfig"] = config;
    }

    protected override string Path => Stream ? "/v1beta/models/m:streamGenerateContent?alt=sse" : "/v1beta/models/m:generateContent";

    protected override JsonObject Request() => new()
    {
        ["systemInstruction"] = new JsonObject { ["parts"] = new JsonArray(new JsonObject { ["text"] = "You are an agent." }) },
        ["generationConfig"] = new JsonObject { ["thinkingConfig"] = new JsonObject { ["includeThoughts"] = true } },
        ["tools"] = new JsonArray(new JsonObject
        {
            ["functionDeclarations"] = new JsonArray(
                new JsonObject { ["name"] = "get_weather", ["description"] = "Weather.", ["parametersJsonSchema"] = JsonNode.Parse(WeatherSchema) },
                new JsonObject { ["name"] = "get_time" }),
        }),
        ["contents"] = History.DeepClone(),
    };

    protected override void AddUser(string text, string? picture)
    {
        var parts = new JsonArray(new JsonObject { ["text"] = text });
        if (picture is not null) parts.Add(new JsonObject { ["inlineData"] = new JsonObject { ["mimeType"] = "image/png", ["data"] = picture } });
        History.Add(new JsonObject { ["role"] = "user", ["parts"] = parts });
    }

    protected override void AddResults(IReadOnlyList<Called> calls) => History.Add(new JsonObject
    {
        ["role"] = "user",
        ["parts"] = new JsonArray([.. calls.Select((call, i) =>
        {
            var response = new JsonObject { ["name"] = call.Name, ["response"] = new JsonObject { [Fails(i, calls.Count) ? "error" : "output"] = ResultOf(i, calls.Count) } };
            if (call.Id is not null) response["id"] = call.Id;
            return new JsonObject { ["functionResponse"] = response };
        })]),
    });

    protected override (IReadOnlyList<Called> Calls, string Text) Take(string body)
    {
        var chunks = Stream ? Events(body).ToList() : [(JsonObject)JsonNode.Parse(body)!];
        var parts = new JsonArray();
        foreach (var part in chunks.SelectMany(chunk => (chunk["candidates"] as JsonArray)?[0]?["content"]?["parts"] as JsonArray ?? []))
        {
            // As Google's own SDK keeps them: text pieces joined, everything else as it came.
            if (part!["text"] is not null && part["thoughtSignature"] is null && parts is [.., { } last] && last["text"] is not null && last["thoughtSignature"] is null && (bool?)last["thought"] == (bool?)part["thought"]) last["text"] = (string?)last["text"] + (string?)part["text"];
            else if ((string?)part["text"] != "" || part["thoughtSignature"] is not null) parts.Add(part.DeepClone());
        }

        History.Add(new JsonObject { ["role"] = "model", ["parts"] = parts });
        return ([.. parts.Where(part => part!["functionCall"] is not null).Select(part => new Called((string?)part!["functionCall"]!["id"], (string)part["functionCall"]!["name"]!))],
            string.Concat(parts.Where(part => part!["text"] is not null && (bool?)part["thought"] != true).Select(part => (string?)part!["text"])));
    }
}

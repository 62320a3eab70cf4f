using System.Text.Json;
using Understudy.Simulator.Answers;

namespace Understudy.Simulator.Vendors.Gemini;

/// <summary>The rules for <c>contents</c>: turns, parts, pairs of calls and responses, signatures.</summary>
internal sealed class GeminiContents(Refusals refusals, string model, ulong seed)
{
    private static readonly string[] PartKinds =
        ["text", "inlineData", "inline_data", "fileData", "file_data", "functionCall", "functionResponse", "executableCode", "codeExecutionResult", "toolCall", "toolResponse"];

    private readonly List<Utterance> _utterances = [];
    private readonly List<(int Content, int Part, string Function)> _unsigned = [];
    private int _calls;
    private int _lastUserText = -1;
    private bool _modelSpoke;
    private bool _signedInTurn;

    public IReadOnlyList<Utterance> Read(JsonElement body)
    {
        var contents = Refusals.List(body, "contents").ToArray();
        if (contents.Length == 0) Refuse("* GenerateContentRequest.contents: contents is not specified");
        for (var i = 0; i < contents.Length; i++) ReadTurn(contents[i], i);

        if (_calls > 0) RefuseCount();
        // 3.x wants the first call of each step of the running turn signed; what came before it is history.
        var missing = _unsigned.Where(call => call.Content > _lastUserText).Take(1).ToArray();
        if (missing.Length > 0 && IsThree)
            Refuse($"Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:{missing[0].Function}` , position {missing[0].Content + 1}.");
        if (contents.Length > 0 && Refusals.Text(contents[^1], "role") == "model" && model.StartsWith("gemini-3", StringComparison.Ordinal) && RefusesPrefill)
            Refuse("Requests ending with a model turn are not supported for this model.");
        return _utterances;
    }

    private bool IsThree => model.StartsWith("gemini-3", StringComparison.Ordinal);

    private bool RefusesPrefill => model.Contains("3.5-flash-lite", StringComparison.Ordinal) || model.Contains("3.6-flash", StringComparison.Ordinal) || model.Contains("3.7-flash", StringComparison.Ordinal);

    private void Refuse(string message) => refusals.Add(new ApiError(400, "INVALID_ARGUMENT", message));

    private void RefuseCount() =>
        Refuse("Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.");

    private void ReadTurn(JsonElement content, int i)
    {
        var role = Refusals.Text(content, "role") ?? "user";
        if (role is not ("user" or "model" or "function"))
        {
            Refuse("Please use a valid role: user, model.");
            return;
        }

        var parts = Refusals.List(content, "parts").ToArray();
        if (parts.Length == 0) Refuse($"* GenerateContentRequest.contents[{i}].parts: contents.parts must not be empty.");
        var answered = parts.Count(part => Refusals.Has(part, "functionResponse", out _));
        if (role == "model")
        {
            // Neighbours of one role are one turn: Google's own SDK sends a streamed answer back chunk by chunk.
            if (_calls > 0 && !_modelSpoke) RefuseCount();
            if (i == 0 && parts.Any(part => Refusals.Has(part, "functionCall", out _)))
                Refuse("Please ensure that function call turn comes immediately after a user turn or after a function response turn.");
        }
        else if (answered != _calls)
        {
            RefuseCount();
        }

        if (_modelSpoke != (role == "model")) _signedInTurn = false;
        _modelSpoke = role == "model";
        if (!_modelSpoke) _calls = 0;
        foreach (var (j, part) in parts.Index()) ReadPart(part, i, j, role == "model" ? Speaker.Assistant : Speaker.User);
    }

    private void ReadPart(JsonElement part, int i, int j, Speaker speaker)
    {
        var kinds = part.ValueKind == JsonValueKind.Object ? part.EnumerateObject().Count(member => PartKinds.Contains(member.Name)) : 0;
        if (kinds == 0) Refuse($"* GenerateContentRequest.contents[{i}].parts[{j}].data: required oneof field 'data' must have one initialized field");
        if (kinds > 1) Refuse($"Invalid value at 'contents[{i}].parts[{j}]' (oneof), oneof field 'data' is already set.");

        if (Refusals.Text(part, "text") is { } text && !Refusals.Flag(part, "thought"))
        {
            if (text.Length > 0) _utterances.Add(new Utterance(speaker, text));
            if (speaker == Speaker.User) _lastUserText = i;
        }
        else if (Refusals.Has(part, "functionCall", out var call))
        {
            _calls++;
            var name = Refusals.Text(call, "name") ?? "";
            if (speaker != Speaker.Assistant) Refuse("Function call parts are only allowed in model turns.");
            if (Refusals.Has(call, "args", out var args) && args.ValueKind != JsonValueKind.Object)
                Refuse($"Invalid value at 'contents[{i}].parts[{j}].function_call.args' (type.googleapis.com/google.protobuf.Struct), {args.GetRawText()}");
            if (Refusals.Text(part, "thoughtSignature") is { } signature)
            {
                _signedInTurn = true;
                if (IsThree && !GeminiSignature.IsValid(name, signature, seed)) Refuse("Corrupted thought signature.");
            }
            else if (!_signedInTurn)
            {
                _unsigned.Add((i, j, name));
                _signedInTurn = true; // one complaint a step
            }
        }
        else if (Refusals.Has(part, "functionResponse", out var result))
        {
            if (!Refusals.Has(result, "response", out var response)) Refuse($"* GenerateContentRequest.contents[{i}].parts[{j}].function_response.response: required field is not set");
            else if (response.ValueKind != JsonValueKind.Object) Refuse($"Invalid value at 'contents[{i}].parts[{j}].function_response.response' (type.googleapis.com/google.protobuf.Struct), {response.GetRawText()}");
            if (Refusals.Text(result, "name") is not { Length: > 0 }) Refuse($"* GenerateContentRequest.contents[{i}].parts[{j}].function_response.name: Name cannot be empty.");
            _utterances.Add(new Utterance(Speaker.ToolResult, Refusals.Text(response, "output") ?? Refusals.Text(response, "result") ?? Refusals.Text(response, "error") ?? (response.ValueKind == JsonValueKind.Object ? response.GetRawText() : "")));
        }
    }
}

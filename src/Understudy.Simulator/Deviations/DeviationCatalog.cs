namespace Understudy.Simulator.Deviations;

/// <summary>Every deviation by its name. One object a call: some remember what they have said.</summary>
internal static class DeviationCatalog
{
    private static readonly Dictionary<string, Func<Deviation>> All = new(StringComparer.Ordinal)
    {
        ["no_usage"] = () => new NoUsage(),
        ["usage_on_every_chunk"] = () => new UsageOnEveryChunk(),
        ["no_ids"] = () => new NoIds(),
        ["null_content"] = () => new NullContent(),
        ["tool_calls_without_index"] = () => new ToolCallsWithoutIndex(),
        ["whole_tool_calls"] = () => new WholeToolCalls(),
        ["reasoning_in_a_field"] = () => new ReasoningInAField(),
        ["reasoning_in_tags"] = () => new ReasoningInTags(),
        ["no_finish_reason"] = () => new NoFinishReason(),
        ["stop_after_tool_calls"] = () => new StopAfterToolCalls(),
        ["no_done"] = () => new NoDone(),
        ["keep_alive_comments"] = () => new KeepAliveComments(),
        ["empty_first_chunk"] = () => new EmptyFirstChunk(),
        ["error_chunk"] = () => new ErrorChunk(),
    };

    public static IReadOnlyList<string> Names { get; } = [.. All.Keys];

    public static bool Knows(string name) => All.ContainsKey(name);

    public static Deviation Create(string name) => All[name]();
}

namespace Understudy.Configuration;

/// <summary>A rung that asks a person.</summary>
public sealed record HumanRung : RungModel
{
    /// <summary>The inbox that the question waits in. Default <c>default</c>.</summary>
    public string Inbox { get; init; } = "default";

    /// <summary>How long the caller waits for the person before the next rung is tried; the call's deadline is longer by it. Default 10 min.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many questions may wait in the inbox; one more goes on to the next rung. Default 100.</summary>
    public int MaxWaiting { get; init; } = 100;
}

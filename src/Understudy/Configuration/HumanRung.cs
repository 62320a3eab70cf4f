namespace Understudy.Configuration;

/// <summary>A rung that asks a person.</summary>
public sealed record HumanRung : RungModel
{
    /// <summary>The inbox that the question waits in. Default <c>default</c>.</summary>
    public string Inbox { get; init; } = "default";

    /// <summary>How long the caller waits for the person before the next rung is tried. Default 10 min.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMinutes(10);
}

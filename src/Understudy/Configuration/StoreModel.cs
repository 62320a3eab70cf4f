namespace Understudy.Configuration;

/// <summary>Where what must outlive the process is kept.</summary>
public sealed record StoreModel
{
    /// <summary>What kind of store it is.</summary>
    public required StoreKind Kind { get; init; }

    /// <summary>A file's path for SQLite; a <c>postgres://</c> URL for PostgreSQL. May hold a password: never printed.</summary>
    public required string Location { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Kind == StoreKind.Sqlite ? $"sqlite:{Location}" : "postgres";
}
